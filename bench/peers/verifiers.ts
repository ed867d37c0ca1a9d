import { type Algorithm as RustAlgorithm, verifySync as rustVerify } from "@node-rs/jsonwebtoken";
import { createVerifier, type Algorithm as FastAlgorithm } from "fast-jwt";
import { defineToken, type SigningKey, type TokenOptions, verifyToken } from "hallpass";
import { jwtVerify } from "jose";
import jsonwebtoken from "jsonwebtoken";
import { AUDIENCE, ISSUER } from "../servers/profile.ts";
import type { BenchAlgorithm, Keys } from "./keys.ts";

/** Somebody who verifies a token: signature, issuer, audience, and the time. */
export interface Verifier {
  readonly name: string;
  /** Makes what verifies, with nothing in its memory. */
  readonly make: () => (token: string) => unknown;
  /** Whether the answer comes as a promise. */
  readonly isAsync: boolean;
}

/** All that know an algorithm, each with its key prepared once, and told what to demand. */
export function verifiersOf(keys: Keys): Verifier[] {
  return [...oursOf(keys), ...pooled(keys), ...jose(keys), ...fastJwt(keys), ...jsonWebToken(keys), ...rust(keys)];
}

/** hallpass as it comes, and as it verifies every token anew. */
export function oursOf({ signing }: Keys): Verifier[] {
  return [ours("hallpass", signing, {}), ours("hallpass, cache off", signing, { cacheSize: 0 })];
}

function pooled({ algorithm, signing }: Keys): Verifier[] {
  if (algorithm === "HS256") return []; // whose code is checked sooner than the pool is reached
  return [ours("hallpass, thread pool", signing, { threadPool: true })];
}

function ours(name: string, keys: SigningKey, options: Partial<TokenOptions>): Verifier {
  const make = () => {
    const profile = defineToken({ keys, issuer: ISSUER, audience: AUDIENCE, ...options });
    return (token: string) => verifyToken(token, profile);
  };
  return { name, make, isAsync: true };
}

function jose({ algorithm, joseVerify }: Keys): Verifier[] {
  const options = { algorithms: [algorithm], issuer: ISSUER, audience: AUDIENCE, typ: "at+jwt" };
  return [{ name: "jose", make: () => (token) => jwtVerify(token, joseVerify, options), isAsync: true }];
}

function fastJwt({ algorithm, verifyText: key }: Keys): Verifier[] {
  const options = {
    key,
    algorithms: [algorithm satisfies FastAlgorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    checkTyp: "at+jwt",
  };
  const whole = { cache: true, cacheKeyBuilder: (token: string) => token };
  return [
    { name: "fast-jwt, cache off", make: () => createVerifier(options), isAsync: false },
    { name: "fast-jwt, cache on", make: () => createVerifier({ ...options, cache: true }), isAsync: false },
    { name: "fast-jwt, cache by whole token", make: () => createVerifier({ ...options, ...whole }), isAsync: false },
  ];
}

function jsonWebToken({ algorithm, verify: key }: Keys): Verifier[] {
  if (algorithm === "EdDSA") return []; // which it does not know
  const options = { algorithms: [algorithm], issuer: ISSUER, audience: AUDIENCE };
  return [{ name: "jsonwebtoken", make: () => (token) => jsonwebtoken.verify(token, key, options), isAsync: false }];
}

function rust({ algorithm, verifyText: key }: Keys): Verifier[] {
  const validation = { algorithms: [named(algorithm)], iss: [ISSUER], aud: [AUDIENCE], leeway: 0 };
  return [{ name: "@node-rs/jsonwebtoken", make: () => (token) => rustVerify(token, key, validation), isAsync: false }];
}

/** Its enum exists for the compiler alone; at run time it is the names. */
export function named(algorithm: BenchAlgorithm): RustAlgorithm {
  return algorithm as unknown as RustAlgorithm;
}
