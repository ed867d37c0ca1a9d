import { computeDigest } from "../core/digest.ts";
import { isAuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { createTokenError } from "../core/token/compact.ts";
import { explainRefusal, readBearerToken } from "../guard/bearer-header.ts";
import type { Credential } from "../guard/credential.ts";
import { markForeign } from "../guard/unknown-life.ts";
import { DEFAULT_TOKEN_BYTES } from "../shared/limits.ts";
import { abandon } from "../shared/promise.ts";
import { admitAnswer } from "./admit.ts";
import type { IntrospectedClaims } from "./answer.ts";
import { Endpoint } from "./endpoint.ts";
import { Lookups } from "./lookups.ts";
import { checkIntrospectedOptions, type IntrospectedOptions } from "./options.ts";
import { RememberedAnswers } from "./remembered.ts";

/** The counters of a credential of {@link introspected}. They are never reset. */
export interface IntrospectionStats {
  /** How often the endpoint was called. */
  readonly calls: number;
  /** How many of the calls failed: by a status other than 200, by no answer in time, or by a malformed answer. */
  readonly failures: number;
  /** How many lookups found the token's answer in the cache. */
  readonly hits: number;
  /** How many did not. */
  readonly misses: number;
}

/** The credential of tokens that an introspection endpoint knows. */
export interface IntrospectedCredential extends Credential<IntrospectedClaims> {
  /** Tells what the credential has counted since it was made, for a monitor. */
  stats(): IntrospectionStats;
}

const B64TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * Makes the credential of Bearer tokens that an introspection endpoint knows (RFC 7662): opaque tokens, or tokens whose
 * issuer has to be asked about each.
 *
 * An answer is cached for `cacheFor`, and **a revocation takes as long to be noticed**. A token is accepted if the
 * answer says `active: true`, has the `audience`, and is valid now by its `exp` and `nbf`. A token that is bound to a
 * key of its client is refused, since it came without a proof. `identity.claims` is the answer.
 *
 * While the endpoint is down, slow or answers nonsense, a token that is not cached is refused with 503, and never 401.
 * After 5 failures in a row the endpoint is asked once a second, and less and less often while it fails (a circuit
 * breaker). A failure that concerns one token, such as 400 or a claim of a wrong type, does not count.
 *
 * @throws TypeError when an option is missing, misspelt or meaningless
 *
 * @example
 * ```ts
 * const partner = introspected({
 *   endpoint: "https://issuer.example/introspect",
 *   client: { id: "orders", secret: process.env.CLIENT_SECRET ?? "" },
 *   audience: "https://orders.example",
 *   cacheFor: "30s",
 * });
 * const guard = createGuard({ credentials: [partner] });
 * ```
 */
export function introspected(options: IntrospectedOptions): IntrospectedCredential {
  const settings = checkIntrospectedOptions(options);
  const { takes, now, name } = settings;
  const remembered = new RememberedAnswers(settings.cacheFor);
  const endpoint = new Endpoint(settings);
  const lookups = new Lookups(remembered, (token) => endpoint.ask(token), now);
  const lookedUp = { hits: 0, misses: 0 };
  const credential: IntrospectedCredential = {
    name,
    place: "authorization",
    takesAll: takes === null,
    read(request) {
      const token = readBearerToken(request.authorization());
      if (token === null || takes === null) return token;
      const verdict: unknown = takes(token);
      if (typeof verdict === "boolean") return verdict ? token : null;
      abandon(verdict);
      throw new TypeError("introspected: takes must answer true or false, and not a promise");
    },
    verify(token, request) {
      const refuse = (error: unknown): never => {
        throw isAuthError(error) ? explainRefusal(request.authorization(), error) : error;
      };
      try {
        refuseIllFormed(token);
        const digest = computeDigest(token);
        const known = remembered.recall(digest, readClock(now));
        lookedUp[known === undefined ? "misses" : "hits"] += 1;
        if (known !== undefined) return admitAnswer(settings, known);
        return lookups
          .lookUp(digest, token)
          .then((answer) => admitAnswer(settings, answer))
          .catch(refuse);
      } catch (error) {
        return refuse(error);
      }
    },
    stats: () => ({ ...endpoint.counts, ...lookedUp }),
  };
  return Object.freeze(markForeign(credential));
}

/** Refuses text that can't be a token (RFC 6750 §2.1) without a call. */
function refuseIllFormed(token: string): void {
  if (token.length > DEFAULT_TOKEN_BYTES) throw createTokenError(`the token is longer than ${DEFAULT_TOKEN_BYTES}`);
  if (!B64TOKEN.test(token)) throw createTokenError("the token has characters that no token has");
}
