import { randomUUID } from "node:crypto";
import { signSync as rustSign } from "@node-rs/jsonwebtoken";
import { createSigner } from "fast-jwt";
import { defineToken, issueToken } from "hallpass";
import { SignJWT } from "jose";
import jsonwebtoken from "jsonwebtoken";
import { AUDIENCE, ISSUER } from "../servers/profile.ts";
import type { Keys } from "./keys.ts";
import type { claimsOf } from "./tokens.ts";
import { named } from "./verifiers.ts";

/** Somebody who issues a token with `iss`, `aud`, `iat`, `exp`, a random `jti`, and the claims that it is given. */
export interface Issuer {
  readonly name: string;
  readonly issue: (claims: ReturnType<typeof claimsOf>) => string | Promise<string>;
  readonly isAsync: boolean;
}

const LIFETIME = 900;

/** All that know an algorithm, each with its key prepared once. */
export function issuersOf(keys: Keys): Issuer[] {
  return [ours(keys), jose(keys), fastJwt(keys), ...jsonWebToken(keys), rust(keys)];
}

function ours({ signing }: Keys): Issuer {
  const profile = defineToken({ keys: signing, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFETIME });
  return { name: "hallpass", issue: (claims) => issueToken(claims, profile), isAsync: true };
}

function jose({ algorithm, joseSign }: Keys): Issuer {
  const issue = (claims: object) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: algorithm, typ: "at+jwt" })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME}s`)
      .setJti(randomUUID())
      .sign(joseSign);
  return { name: "jose", issue, isAsync: true };
}

function fastJwt({ algorithm, signText: key }: Keys): Issuer {
  const header = { alg: algorithm, typ: "at+jwt" };
  const sign = createSigner({ key, algorithm, iss: ISSUER, aud: AUDIENCE, expiresIn: LIFETIME * 1_000, header });
  return { name: "fast-jwt", issue: (claims) => sign({ ...claims, jti: randomUUID() }), isAsync: false };
}

function jsonWebToken({ algorithm, sign: key }: Keys): Issuer[] {
  if (algorithm === "EdDSA") return []; // which it does not know
  const header = { alg: algorithm, typ: "at+jwt" };
  const options = { algorithm, issuer: ISSUER, audience: AUDIENCE, expiresIn: LIFETIME, header };
  const issue = (claims: object) => jsonwebtoken.sign({ ...claims, jti: randomUUID() }, key, options);
  return [{ name: "jsonwebtoken", issue, isAsync: false }];
}

function rust({ algorithm, signText: key }: Keys): Issuer {
  const issue = (claims: object) => {
    const iat = Math.floor(Date.now() / 1_000);
    const own = { iss: ISSUER, aud: AUDIENCE, iat, exp: iat + LIFETIME, jti: randomUUID() };
    return rustSign({ ...claims, ...own }, key, { algorithm: named(algorithm) });
  };
  return { name: "@node-rs/jsonwebtoken", issue, isAsync: false };
}
