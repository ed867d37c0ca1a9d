import { assert } from "../../shared/assert.ts";
import { checkOptions, checkText, type OptionNames } from "../../shared/options.ts";
import { freezeDeep } from "../token/freeze.ts";
import { A_PROFILE, isProfile, type TokenProfile } from "../token/profile.ts";
import { checkScopes, checkServers, copyMembers, readResource } from "./resource-members.ts";

const RESOURCE: unique symbol = Symbol.for("hallpass.protectedResource") as never;
const OWNER = "protectedResource";

/** An API's description of itself (RFC 9728 §2). */
export interface ProtectedResourceOptions {
  /**
   * The tokens that the API takes. `resource` and `authorizationServers` are read from them, so that clients ask for
   * tokens that the guard takes. None by default.
   */
  readonly token?: TokenProfile | readonly TokenProfile[];
  /**
   * The API's identifier: its URL, with https or on the machine itself, without a fragment. It is the audience of its
   * tokens (RFC 8707). The audience of `token` by default.
   */
  readonly resource?: string;
  /** The issuers whose tokens the API takes, by their exact URLs. The issuers of `token` by default. */
  readonly authorizationServers?: readonly string[];
  /** The scopes that a client may ask for. None by default. */
  readonly scopes?: readonly string[];
  /** The API's name for people. None by default. */
  readonly name?: string;
  /**
   * Further members by the names of RFC 9728 §2, such as `{ resource_documentation: "https://docs.example.com" }`, and
   * any others. `{ bearer_methods_supported: ["header"] }` by default.
   */
  readonly members?: Readonly<Record<string, unknown>>;
}

const OPTIONS: OptionNames<ProtectedResourceOptions> = {
  token: "optional",
  resource: "optional",
  authorizationServers: "optional",
  scopes: "optional",
  name: "optional",
  members: "optional",
};

/** An API's description for its clients. Made by {@link protectedResource}. */
export interface ProtectedResource {
  /** Its identifier, which is the audience of its tokens. */
  readonly resource: string;
  /** The document of RFC 9728 §2. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The URL of the document (RFC 9728 §3.1). */
  readonly metadataUrl: string;
  /** The path of that URL, for a route. */
  readonly metadataPath: string;
  /**
   * The challenge parameters that lead clients to the document (RFC 9728 §5.1), for `createGuard({ …, challenge })`.
   */
  readonly challenge: {
    /** The URL of the document. */
    readonly resource_metadata: string;
  };
  /** @internal */
  readonly [RESOURCE]: true;
}

/**
 * Describes an API to its clients (RFC 9728): who issues its tokens, for which audience, and with which scopes. Serve
 * the document with `resourceMetadata` of an adapter, and give `challenge` to the guard, so that clients find it.
 *
 * @throws TypeError when an option is misspelt or meaningless, when neither `token` nor an option names the resource,
 * and when the profiles of `token` would refuse tokens for `resource`
 *
 * @example
 * ```ts
 * const api = protectedResource({ token: accessToken, scopes: ["orders:read"] });
 * const guard = createGuard({ token: accessToken, challenge: api.challenge });
 * app.get(api.metadataPath, resourceMetadata(api));
 * ```
 */
export function protectedResource(options: ProtectedResourceOptions): ProtectedResource {
  checkOptions(OWNER, options, OPTIONS);
  const { token = [], scopes = [], name, members = {} } = options;
  const profiles = [token].flat();
  assert(profiles.every(isProfile), `${OWNER}: token must be ${A_PROFILE}, or a list of them`);
  const { resource = findAudience(profiles) } = options;
  const { origin, pathname, search } = readResource(OWNER, resource);
  refuseOtherAudience(resource, profiles);
  const { authorizationServers: servers = profiles.flatMap(({ issuer }) => issuer ?? []) } = options;
  const lists = { authorization_servers: checkServers(OWNER, servers), scopes_supported: checkScopes(OWNER, scopes) };
  const metadata = {
    resource,
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)), // RFC 9728 §3.2
    ...(name !== undefined && { resource_name: checkText(`${OWNER}: name`, name) }),
    bearer_methods_supported: ["header"],
    ...copyMembers(OWNER, members),
  };
  const metadataPath = `/.well-known/oauth-protected-resource${pathname === "/" ? "" : pathname}`;
  const metadataUrl = origin + metadataPath + search;
  const challenge = { resource_metadata: metadataUrl };
  return freezeDeep({ resource, metadata, metadataUrl, metadataPath, challenge, [RESOURCE]: true as const });
}

/** Finds the one audience of all profiles. */
function findAudience(profiles: readonly TokenProfile[]): string {
  const [audience, ...others] = new Set(profiles.flatMap((it) => it.audience ?? []));
  const isOne = audience !== undefined && others.length === 0;
  assert(isOne, `${OWNER}: give resource, the API's URL; without it, the tokens of token must have one audience`);
  return audience;
}

/** Refuses a resource whose tokens a profile would refuse. */
function refuseOtherAudience(resource: string, profiles: readonly TokenProfile[]): void {
  for (const { audience } of profiles) {
    const isTaken = audience === null || audience.includes(resource);
    assert(isTaken, `${OWNER}: a profile of token takes no token for ${resource}: give it that as its audience`);
  }
}
