import { assert } from "../../shared/assert.ts";
import { isObject } from "../../shared/object.ts";
import { readSafely } from "../../shared/read.ts";
import { isFilled } from "../../shared/text.ts";
import { isScope } from "../scope.ts";
import { isSecureUrl } from "./loopback.ts";

const URL_RULE = "an absolute URL of https, or of the machine itself";

/** Reads a URL that anybody may be told, as it stands in the metadata. */
function parseUrl(value: unknown): URL | null {
  if (typeof value !== "string" || !URL.canParse(value)) return null;
  const url = new URL(value);
  return isSecureUrl(url) && url.username === "" && url.password === "" ? url : null;
}

/**
 * Reads the identifier of a resource (RFC 9728 §1.2, RFC 8707 §2). Clients compare it to the letter, and some write the
 * URL anew before they do, so it must be in the one spelling that comes out.
 */
export function readResource(owner: string, resource: unknown): URL {
  const url = parseUrl(resource);
  const isOne = url !== null && !String(resource).includes("#");
  assert(isOne, `${owner}: resource must be ${URL_RULE}, without a fragment`);
  const isCanonical = [resource, `${resource}/`].includes(url.href);
  assert(isCanonical, `${owner}: resource must be written as clients write it: ${url.href}`);
  return url;
}

/** Checks the issuers: RFC 8414 §2 has them without query and fragment. */
export function checkServers(owner: string, servers: unknown): readonly string[] {
  const areServers = Array.isArray(servers) && servers.every((it) => parseUrl(it) !== null && !/[?#]/.test(it));
  assert(areServers, `${owner}: authorizationServers must be a list of issuers, each ${URL_RULE}`);
  return Object.freeze([...new Set<string>(servers)]);
}

/** Checks the scopes. */
export function checkScopes(owner: string, scopes: unknown): readonly string[] {
  const areScopes = Array.isArray(scopes) && scopes.every(isScope);
  assert(areScopes, `${owner}: scopes must be a list, such as ["orders:read"], each a string without spaces`);
  return Object.freeze([...scopes]);
}

const [LINK, LIST, FLAG] = [URL_RULE, "a list of one or more strings", "true or false"] as const;

/** What RFC 9728 §2 says of members that have no option of their own. */
const MEMBERS: Readonly<Record<string, typeof LINK | typeof LIST | typeof FLAG>> = {
  jwks_uri: LINK,
  bearer_methods_supported: LIST,
  resource_signing_alg_values_supported: LIST,
  resource_documentation: LINK,
  resource_policy_uri: LINK,
  resource_tos_uri: LINK,
  tls_client_certificate_bound_access_tokens: FLAG,
  authorization_details_types_supported: LIST,
  dpop_signing_alg_values_supported: LIST,
  dpop_bound_access_tokens_required: FLAG,
};

const FITS: Readonly<Record<string, (value: unknown) => boolean>> = {
  [LINK]: (value) => parseUrl(value) !== null,
  [LIST]: (value) => Array.isArray(value) && value.length > 0 && value.every(isFilled),
  [FLAG]: (value) => typeof value === "boolean",
};

/** The members that options write. */
const WRITTEN: Readonly<Record<string, string>> = {
  resource: "resource",
  authorization_servers: "authorizationServers",
  scopes_supported: "scopes",
  resource_name: "name",
};

/** Copies the further members as JSON has them, so that nobody changes them later. */
export function copyMembers(owner: string, members: unknown): Readonly<Record<string, unknown>> {
  assert(isObject(members), `${owner}: members must be an object`);
  for (const [name, value] of readSafely(owner, () => Object.entries(members))) {
    assert(!Object.hasOwn(WRITTEN, name), `${owner}: give ${name} as the option ${WRITTEN[name]}`);
    const rule = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    assert(value !== undefined, `${owner}: the member ${name} is undefined; give it a value, or leave it out`);
    assert(rule === undefined || FITS[rule]?.(value) === true, `${owner}: the member ${name} must be ${rule}`);
  }
  return readSafely(owner, () => JSON.parse(JSON.stringify(members)));
}
