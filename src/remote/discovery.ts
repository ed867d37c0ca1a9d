import { readStopwatch } from "../shared/clock.ts";
import { describeMismatch } from "../shared/describe.ts";
import { readMark } from "../shared/read.ts";
import { fetchDocument } from "./document.ts";
import { parseObject } from "./json.ts";
import type { GivenSet } from "./jwks-loader.ts";
import type { RemoteSettings } from "./keys-options.ts";
import { fetchSet } from "./remote-keys.ts";
import { checkUrl, nameUrl } from "./url.ts";

const OPENID = "/.well-known/openid-configuration";
const OAUTH = "/.well-known/oauth-authorization-server";

/**
 * Finds the JWK Set of an issuer by its metadata, and fetches it. The metadata is that of OpenID Connect Discovery §4,
 * or else of RFC 8414 §3. Both fetches share one time limit.
 *
 * @throws Error when the set can't be fetched, or the metadata is that of another issuer
 */
export async function discoverSet(issuer: string, settings: RemoteSettings): Promise<GivenSet> {
  const startedAt = readStopwatch();
  const limitToTimeLeft = (): RemoteSettings => ({
    ...settings,
    timeoutMs: Math.max(settings.timeoutMs - (readStopwatch() - startedAt), 1),
  });
  const url = new URL(issuer);
  const metadata =
    (await fetchMetadata(locateOpenid(url), limitToTimeLeft())) ??
    (await fetchMetadata(locateOauth(url), limitToTimeLeft()));
  if (metadata === null) throw new Error(`${issuer} publishes no metadata; give jwks, the address of its keys`);
  // Compared exactly: whoever can publish at one address must not speak for another (RFC 8414 §3.3).
  if (metadata.issuer !== issuer) {
    throw new Error(`the metadata of ${issuer}: ${describeMismatch("issuer", metadata.issuer, [issuer])}`);
  }
  return fetchSet(readJwksUri(url, metadata.jwks_uri), limitToTimeLeft());
}

/** Locates OpenID metadata: its path follows the issuer's path. */
function locateOpenid(issuer: URL): URL {
  return new URL(issuer.pathname.replace(/\/$/, "") + OPENID + issuer.search, issuer);
}

/** Locates OAuth metadata: the issuer's path follows its path. */
function locateOauth(issuer: URL): URL {
  return new URL(OAUTH + issuer.pathname.replace(/\/$/, "") + issuer.search, issuer);
}

/** Fetches metadata; `null` where the issuer has none at this address. */
async function fetchMetadata(url: URL, settings: RemoteSettings): Promise<Record<string, unknown> | null> {
  const { fetch, timeoutMs, headers } = settings;
  try {
    return parseObject(nameUrl(url), (await fetchDocument(url, { fetch, timeoutMs, headers })).text);
  } catch (error) {
    if (isMissing(readMark(error, "status"))) return null;
    throw error;
  }
}

/** Tells whether a status means that there is nothing at an address. A 429 only says to wait. */
function isMissing(status: unknown): boolean {
  return typeof status === "number" && status >= 400 && status < 500 && status !== 429;
}

/** Reads the address of the keys. A remote issuer must not send us to a server on this machine. */
function readJwksUri(issuer: URL, given: unknown): URL {
  const url = checkUrl(`the metadata of ${nameUrl(issuer)}: jwks_uri`, given);
  if (url.protocol === "http:" && issuer.protocol !== "http:") {
    throw new Error(`the metadata of ${nameUrl(issuer)}: jwks_uri must be https`);
  }
  return url;
}
