import type { ProtectedResource } from "../core/http/protected-resource.ts";
import { readMark } from "../shared/read.ts";
import { checkNothingElse, refuseRequest } from "./checks.ts";
import type { FlowHandler } from "./handler.ts";
import { type PublishOptions, publishDocument } from "./publish.ts";

/** The mark of a resource. Importing `isProtectedResource` would load the engine of tokens with each adapter. */
const RESOURCE = Symbol.for("hallpass.protectedResource");

/**
 * Makes the handler that publishes the metadata of an API (RFC 9728 §3). Its place is the resource's `metadataPath`.
 *
 * @param resource - made by `protectedResource`
 * @param options - how long caches may keep the document
 * @throws TypeError when `resource` is not such a resource, or an option is misspelt or meaningless
 *
 * @example
 * ```ts
 * const response = await handleResourceMetadata(protectedResource({ token: accessToken }))(request);
 * ```
 */
export function handleResourceMetadata(
  resource: ProtectedResource,
  options: PublishOptions = {},
  ...extra: []
): FlowHandler {
  refuseRequest("resourceMetadata", resource, "resource");
  checkNothingElse("resourceMetadata", extra);
  if (readMark(resource, RESOURCE) !== true) {
    throw new TypeError("resourceMetadata takes what protectedResource makes");
  }
  return publishDocument("resourceMetadata", () => resource.metadata, options);
}
