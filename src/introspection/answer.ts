import type { FlowClaims, ProfileClaims } from "../core/token/claims.ts";
import { findMismatch } from "../core/token/claims.ts";
import { freezeDeep } from "../core/token/freeze.ts";
import { parseObject } from "../remote/json.ts";
import { nameUrl } from "../remote/url.ts";

/** What an endpoint says about a valid token (RFC 7662 §2.2). */
export interface IntrospectedClaims extends Partial<ProfileClaims>, FlowClaims {
  /** Always `true`. */
  readonly active: true;
  /** The client that the token was issued to. */
  readonly client_id?: unknown;
  /** The user's name, for people to read. */
  readonly username?: unknown;
  /** `"Bearer"`, where the endpoint says it. */
  readonly token_type?: unknown;
  /** Whatever else the endpoint says. */
  readonly [claim: string]: unknown;
}

/** An answer, as it is cached. */
export interface Answer {
  /** `null` if the token is not active. */
  readonly claims: IntrospectedClaims | null;
  /** The length of the answer in characters. */
  readonly size: number;
}

/** The error of an unusable answer about one token. The endpoint is up, and may answer well about other tokens. */
class UnfitClaims extends TypeError {
  readonly isOfOneToken = true;
}

/**
 * Reads an endpoint's answer. Its `active` must be exactly `true` or `false`.
 *
 * @throws Error that says what is wrong, without any content of the answer
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
