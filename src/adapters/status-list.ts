import type { StatusList } from "../status-list/status-list.ts";
import { answerDocument, type CachedDocument, readMethodAndUrl } from "./cached-document.ts";
import { checkNothingElse, checkStatusList } from "./checks.ts";
import { type FlowHandler, rejectWithErrors } from "./handler.ts";

/** The number of a list is the last part of its path. */
const NUMBER = /^[^?#]*\/(\d{1,8})\/?(?:[?#]|$)/;

/**
 * Makes the handler that publishes status lists (draft-ietf-oauth-status-list-21 §8.1). It answers `GET` and `HEAD` for
 * a path that ends in the number of a list, with an `ETag`, and caches may keep the answer. It answers 503 where the
 * list can't be read.
 *
 * @throws TypeError when it is given anything but a status list
 *
 * @example
 * ```ts
 * const response = await handleStatusList(statusList)(request);
 * ```
 */
export function handleStatusList(statusList: StatusList, ...extra: []): FlowHandler {
  checkStatusList("statusList", statusList);
  checkNothingElse("statusList", extra);
  return rejectWithErrors((request) => {
    const { url } = readMethodAndUrl(request);
    if (url === undefined) throw new TypeError("statusList: authRequest must tell the URL: { method, url, headers }");
    return answerDocument(request, () => find(statusList, url));
  });
}

async function find(statusList: StatusList, url: string): Promise<CachedDocument | null> {
  const [, number] = NUMBER.exec(url) ?? [];
  const published = number === undefined ? null : await statusList.publish(Number(number));
  if (published === null) return null;
  const { token, etag, maxAge } = published;
  return { text: token, contentType: "application/statuslist+jwt", etag, maxAge };
}
