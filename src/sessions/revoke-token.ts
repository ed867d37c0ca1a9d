import { type Identity, isIdentity } from "../guard/identity.ts";
import { findRevocationEnd } from "../guard/token-reference.ts";
import { acceptAnything } from "../store-calls/answer-checks.ts";
import type { Blocklist } from "../stores/contract.ts";
import type { FlowSettings } from "./settings.ts";

/** The settings where there is a blocklist. */
export type RevocationSettings = FlowSettings & { readonly blocklist: Blocklist };

/** Revokes the one access token of an identity, and reports it. Its session goes on. */
export async function revokeAccessToken(settings: RevocationSettings, identity: Identity): Promise<void> {
  if (!isIdentity(identity))
    throw new TypeError("revokeAccessToken takes the identity that authenticate gave: await it");
  await revokeToken("revokeAccessToken", settings, identity);
  const { userId, sid = null } = identity;
  settings.emit(() => ({ type: "token_revoked", userId, sid }));
}

/**
 * Revokes the token of an identity for as long as it would be valid.
 *
 * @throws TypeError for a token without a `jti`, by which the blocklist would know it
 */
export async function revokeToken(
  owner: string,
  { blocklist, life, budget }: RevocationSettings,
  { userId, claims }: Identity,
): Promise<void> {
  if (!hasId(claims)) {
    throw new TypeError(`${owner} takes an identity whose token has a jti, as every token that hallpass issues`);
  }
  const { jti, exp } = claims;
  const revoke = async () => blocklist.revokeToken(jti, findRevocationEnd(exp, life.clockTolerance), userId);
  await budget.callStore("blocklist.revokeToken", revoke, acceptAnything);
}

/**
 * Tells whether the token of an identity can be revoked by itself. An API key can't, nor can a token of another issuer
 * without `jti` or `exp`.
 */
export function isRevocable({ claims }: Identity): boolean {
  return hasId(claims);
}

function hasId(claims: unknown): claims is { readonly jti: string; readonly exp: number } {
  const { jti, exp } = (claims ?? {}) as { jti?: unknown; exp?: unknown };
  return typeof jti === "string" && typeof exp === "number";
}
