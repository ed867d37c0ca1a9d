import { type Duration, toSeconds } from "../core/time.ts";
import type { IdentityMapping } from "../core/token/profile.ts";
import { checkClock, checkIssuer, checkList } from "../core/token/profile-checks.ts";
import { checkMapping } from "../guard/identity.ts";
import type { Fetch } from "../remote/document.ts";
import { checkUrl } from "../remote/url.ts";
import { systemClock } from "../shared/clock.ts";
import { DEFAULT_CONCURRENT_INTROSPECTIONS, DEFAULT_FETCH_TIMEOUT_MS } from "../shared/limits.ts";
import { checkFunction, checkInteger, checkOptions, checkText, type OptionNames } from "../shared/options.ts";

/** How this service authenticates to the endpoint: HTTP Basic (RFC 6749 §2.3.1). */
export interface IntrospectionClient {
  /** The id that the authorization server knows this service by. */
  readonly id: string;
  /** The secret that goes with it. */
  readonly secret: string;
}

/** The options of tokens that another service's introspection endpoint knows. */
export interface IntrospectedOptions {
  /** The endpoint's address (RFC 7662 §2): https, or http on this machine. */
  readonly endpoint: string | URL;
  /** The id and the secret that this service has at the authorization server. */
  readonly client: IntrospectionClient;
  /**
   * The `aud` that answers must have, or a list of which they must have one; with `null` it is not checked, so that a
   * token for any service is accepted.
   */
  readonly audience: string | readonly string[] | null;
  /**
   * How long an answer is cached, at most until the token expires. **A revoked token is still accepted for that long.**
   * With 0, the endpoint is asked for each request. The answer that a token is not active is cached for at most 5 s.
   */
  readonly cacheFor: Duration;
  /**
   * The `iss` that answers must have. None by default: many endpoints don't say it, and the endpoint itself is known.
   */
  readonly issuer?: string | null;
  /** How the user's id and the scopes are read, where answers don't call them `sub` and `scope`. By default they do. */
  readonly identity?: IdentityMapping;
  /**
   * Tells which tokens are for this endpoint, if the guard takes other tokens from the same header. All are by default.
   *
   * @example
   * ```ts
   * const takes = (token: string) => token.startsWith("ghs_");
   * ```
   */
  readonly takes?: (token: string) => boolean;
  /** The name in `identity.credential`. `"introspected"` by default. Two in one guard need different names. */
  readonly name?: string;
  /** How far the clocks of the endpoint and this service may be apart. 0 by default. */
  readonly clockTolerance?: Duration;
  /** How long one call of the endpoint may take, headers and body, in milliseconds. 2000 by default. */
  readonly timeoutMs?: number;
  /** How many calls there may be at once. 50 by default. A request that needs one more is refused with 503. */
  readonly maxConcurrent?: number;
  /**
   * The function that calls the endpoint. The global `fetch` by default. Give one of your own to go through a proxy.
   */
  readonly fetch?: Fetch;
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
}

/** The same, checked and with its defaults. */
export interface IntrospectionSettings {
  readonly endpoint: URL;
  /** The Authorization header. */
  readonly authorization: string;
  readonly audience: readonly string[] | null;
  readonly issuer: string | null;
  /** In milliseconds. */
  readonly cacheFor: number;
  readonly identity: IdentityMapping | undefined;
  readonly takes: ((token: string) => boolean) | null;
  readonly name: string;
  /** In seconds. */
  readonly clockTolerance: number;
  readonly timeoutMs: number;
  readonly maxConcurrent: number;
  readonly fetch: Fetch;
  readonly now: () => number;
}

const OPTIONS: OptionNames<IntrospectedOptions> = {
  endpoint: "required",
  client: "required",
  audience: "required",
  cacheFor: "required",
  issuer: "optional",
  identity: "optional",
  takes: "optional",
  name: "optional",
  clockTolerance: "optional",
  timeoutMs: "optional",
  maxConcurrent: "optional",
  fetch: "optional",
  now: "optional",
};

const CLIENT: OptionNames<IntrospectionClient> = { id: "required", secret: "required" };

/** Checks the options of an endpoint. */
export function checkIntrospectedOptions(options: IntrospectedOptions): IntrospectionSettings {
  checkOptions("introspected", options, OPTIONS);
  const { endpoint, client, audience, cacheFor, issuer = null, identity, takes = null } = options;
  const { name = "introspected", clockTolerance = 0, fetch = globalThis.fetch, now = systemClock } = options;
  const { timeoutMs = DEFAULT_FETCH_TIMEOUT_MS, maxConcurrent = DEFAULT_CONCURRENT_INTROSPECTIONS } = options;
  checkMapping(identity, "introspected");
  if (takes !== null) checkFunction("introspected: takes", takes, '(token) => token.startsWith("ghs_")');
  checkFunction("introspected: fetch", fetch, "one like the global fetch");
  return {
    endpoint: checkUrl("introspected: endpoint", endpoint),
    authorization: formatBasic(client),
    audience: checkList("audience", audience),
    issuer: checkIssuer(issuer),
    cacheFor: toSeconds("cacheFor", cacheFor, 0) * 1_000,
    identity,
    takes,
    name: checkText("introspected: name", name),
    clockTolerance: toSeconds("clockTolerance", clockTolerance, 0),
    timeoutMs: checkInteger("timeoutMs", timeoutMs, 1, 60_000),
    maxConcurrent: checkInteger("maxConcurrent", maxConcurrent, 1, 10_000),
    fetch,
    now: checkClock(now),
  };
}

/** Writes the header of HTTP Basic. Both parts are encoded as in a form first (RFC 6749 §2.3.1). */
function formatBasic(client: IntrospectionClient): string {
  checkOptions("introspected: client", client, CLIENT);
  const parts = [checkText("client.id", client.id), checkText("client.secret", client.secret)];
  return `Basic ${Buffer.from(parts.map(encodeAsInForm).join(":")).toString("base64")}`;
}

function encodeAsInForm(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
