import { All, type Type } from "@nestjs/common";
import type { HttpAdapterHost } from "@nestjs/core";
import type { ProtectedResource } from "../../core/http/protected-resource.ts";
import type { VerifyingKey } from "../../core/keys/key.ts";
import type { KeyRing } from "../../core/keys/ring.ts";
import type { LiveKeys } from "../../core/keys/source.ts";
import type { FlowHandler } from "../handler.ts";
import { handleJwks, type JwksOptions } from "../jwks.ts";
import type { PublishOptions } from "../publish.ts";
import { handleResourceMetadata } from "../resource-metadata.ts";
import { addRoutes } from "./routes.ts";

/**
 * Makes a controller that publishes the public halves of keys as a JWK Set (RFC 7517 §5) at `/.well-known/jwks.json`,
 * as `jwks` of the other adapters does. If you set a global prefix, exclude that path from it.
 *
 * @param options - how long caches may keep the set
 * @throws TypeError when there is no public key to publish, or an option is misspelt or meaningless
 *
 * @example
 * ```ts
 * @Module({ controllers: [createJwksController(keys)] })
 * class AppModule {}
 * ```
 */
export function createJwksController(
  keys: VerifyingKey | KeyRing | LiveKeys,
  options: JwksOptions = {},
  ...extra: []
): Type<object> {
  return createController(".well-known/jwks.json", handleJwks(keys, options, ...extra));
}

/**
 * Makes a controller that publishes the metadata of an API (RFC 9728 §3) at the resource's `metadataPath`, as
 * `resourceMetadata` of the other adapters does. If you set a global prefix, exclude that path from it.
 *
 * @param resource - made by `protectedResource`
 * @param options - how long caches may keep the document
 * @throws TypeError when `resource` is not such a resource, or an option is misspelt or meaningless
 *
 * @example
 * ```ts
 * @Module({ controllers: [createResourceMetadataController(protectedResource({ token: accessToken }))] })
 * class AppModule {}
 * ```
 */
export function createResourceMetadataController(
  resource: ProtectedResource,
  options: PublishOptions = {},
  ...extra: []
): Type<object> {
  const handle = handleResourceMetadata(resource, options, ...extra);
  return createController(resource.metadataPath, handle);
}

/** Makes a controller of one route, which answers every method itself. */
function createController(path: string, handle: FlowHandler): Type<object> {
  class PublishController {
    constructor(readonly host: HttpAdapterHost) {}
  }
  return addRoutes(PublishController, "", { [path]: handle }, All);
}
