import type { TokenProfile } from "../core/token/profile.ts";
import type { Blocklist } from "../stores/contract.ts";
import { ask } from "./ask.ts";
import { endOf, type Identity } from "./identity.ts";

/** What a logout needs, checked. */
export interface LogoutSettings {
  readonly token: TokenProfile;
  readonly blocklist: Blocklist;
  readonly storeTimeoutMs: number;
}

/** Revokes the token an identity was read from, until no verifier would take it anyway. */
export async function logout({ token, blocklist, storeTimeoutMs }: LogoutSettings, identity: Identity): Promise<void> {
  const { jti, exp } = (identity?.claims ?? {}) as { jti?: unknown; exp?: unknown };
  if (typeof jti !== "string" || typeof exp !== "number") {
    throw new TypeError("logout takes an identity whose token has a jti, as every token that hallpass issues");
  }
  const revoke = async () => blocklist.revokeToken(jti, endOf(exp, token.clockTolerance), identity.userId);
  await ask("blocklist.revokeToken", storeTimeoutMs, revoke, () => true);
}
