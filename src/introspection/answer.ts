import type { FlowClaims, ProfileClaims } from "../core/token/claims.ts";
import { findMismatch } from "../core/token/claims.ts";
import { freezeDeep } from "../core/token/freeze.ts";
import { parseObject } from "../remote/json.ts";
import { nameUrl } from "../remote/url.ts";

/** What an endpoint says of a token that is good (RFC 7662 §2.2). */
export interface IntrospectedClaims extends Partial<ProfileClaims>, FlowClaims {
  /** Always `true`. */
  readonly active: true;
  /** The client that the token was issued to. */
  readonly client_id?: unknown;
  /** A name of the user's, for people to read. */
  readonly username?: unknown;
  /** `"Bearer"`, where the endpoint says it. */
  readonly token_type?: unknown;
  /** Whatever else the endpoint says. */
  readonly [claim: string]: unknown;
}

/** An answer, as it is remembered. */
export interface Answer {
  /** `null` where the token is not good. */
  readonly claims: IntrospectedClaims | null;
  /** How many characters it has. */
  readonly size: number;
}

/** An answer about one token that can't be used. The endpoint is up, and may say better of others. */
class UnfitClaims extends TypeError {
  readonly isOfOneToken = true;
}

/**
 * Reads an endpoint's answer. What is not exactly `true` or `false` is no answer.
 *
 * @throws Error that says what is wrong, and holds nothing of the answer but the kind of a claim
 */
export function readAnswer(endpoint: URL, text: string): Answer {
  const name = nameUrl(endpoint);
  const answer = parseObject(name, text);
  const { active } = answer;
  if (typeof active !== "boolean") throw new TypeError(`${name} answered with an active that is not true or false`);
  if (!active) return { claims: null, size: 0 };
  if (findMismatch(answer) !== undefined) throw new UnfitClaims(`${name} answered with a claim of a wrong type`);
  return { claims: freezeDeep(answer) as unknown as IntrospectedClaims, size: text.length };
}
