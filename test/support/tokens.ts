import { createHmac } from "node:crypto";
import { AuthError } from "../../src/core/errors.ts";
import type { VerifyingKey } from "../../src/core/keys/key.ts";
import type { KeyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { defineToken, type TokenOptions, type TokenProfile } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";

export const SECRET = "a secret of thirty-two bytes, or more";
export const NOW: number = Date.parse("2030-01-01T00:00:00Z");
export const SECOND: number = NOW / 1_000;

/** A profile that checks as little as can be, at a time that stands still. */
export function profileOf(
  keys: VerifyingKey | KeyRing = secretKey(SECRET),
  options: Partial<TokenOptions> = {},
): TokenProfile<undefined> {
  return defineToken({ keys, issuer: null, audience: null, now: () => NOW, ...options });
}

export const HEADER = { alg: "HS256", typ: "at+jwt" };
export const CLAIMS: { sub: string; iat: number; exp: number } = { sub: "user-1", iat: SECOND, exp: SECOND + 900 };

export function encode(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

/** A token of any header and payload, objects or text, with a good HS256 signature. */
export function signed(
  payload: unknown = CLAIMS,
  header: unknown = HEADER,
  secret: string | Uint8Array = SECRET,
): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

/** Why a token was refused, as the developer is told; `"accepted"` where it was not. */
export async function reasonFor(token: unknown, profile: TokenProfile = profileOf()): Promise<string> {
  try {
    await verifyToken(token as string, profile);
    return "accepted";
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    return `${error.code}: ${(error.cause as Error).message}`;
  }
}
