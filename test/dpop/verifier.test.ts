import { afterEach, describe, expect, it, vi } from "vitest";
import { type AuthError, isAuthError } from "../../src/core/errors.ts";
import { createProofVerifier, type DpopOptions, dpop } from "../../src/dpop.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { ProofStore } from "../../src/stores/contract.ts";
import { memoryProofs } from "../../src/stores/memory.ts";
import { timesFrom } from "../stores/times.ts";
import { clientKey, proofOf } from "../support/dpop.ts";
import { OUTAGES } from "../support/flow.ts";
import { NOW, profileOf, SECOND, signed } from "../support/tokens.ts";

const ORIGIN = "https://auth.example.com";
const KEY = clientKey();
const options: DpopOptions = { origin: ORIGIN, proofs: memoryProofs(), now: () => NOW };
const requestOf = (proof: string, url = "/token") => ({ method: "POST", url, headers: { dpop: proof } });
const prove = (payload: object = {}, key = KEY): string =>
  proofOf(key, { method: "POST", url: `${ORIGIN}/token` }, { payload });
const refusalOf = async (promise: Promise<unknown>): Promise<AuthError> => {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  );
  if (!isAuthError(error)) throw error ?? new Error("it was let in");
  return error;
};

afterEach(() => void vi.restoreAllMocks());

describe("createProofVerifier", () => {
  it("tells who proved a request, and takes a proof once", async () => {
    const proofs = createProofVerifier(options);
    const request = requestOf(prove({ jti: "the one" }));
    expect(await proofs.verify(request)).toEqual({ jkt: KEY.jkt, jti: "the one" });
    const refusal = await refusalOf(proofs.verify(request));
    expect(refusal).toMatchObject({ code: "invalid_dpop_proof", status: 401 });
    expect((refusal.cause as Error).message).toMatch(/the proof was used before/);
    expect(refusal.headers["WWW-Authenticate"]).toMatch(/^DPoP realm="api", error="invalid_dpop_proof", .*, algs="/);
  });

  it("takes the same id from another key, and never from this one again", async () => {
    const proofs = createProofVerifier(options);
    for (const key of [KEY, clientKey()]) await proofs.verify(requestOf(prove({ jti: "shared" }, key)));
    const url = `${ORIGIN}/elsewhere`;
    const elsewhere = requestOf(proofOf(KEY, { method: "POST", url }, { payload: { jti: "shared" } }), "/elsewhere");
    expect((await refusalOf(proofs.verify(elsewhere))).code).toBe("invalid_dpop_proof");
  });

  it("takes a proof as often as it comes where nobody remembers any", async () => {
    const proofs = createProofVerifier({ ...options, proofs: null });
    const request = requestOf(prove());
    for (let time = 0; time < 3; time += 1) expect(await proofs.verify(request)).toMatchObject({ jkt: KEY.jkt });
  });

  it("answers null where there is no proof, if that is as good", async () => {
    const proofs = createProofVerifier(options);
    for (const given of [{ method: "POST", url: "/token", headers: {} }, "Bearer x", undefined, null]) {
      expect(await proofs.verifyOptional(given)).toBeNull();
      expect((await refusalOf(proofs.verify(given))).code).toBe("invalid_dpop_proof");
    }
    expect((await refusalOf(proofs.verifyOptional(requestOf("nonsense")))).code).toBe("invalid_dpop_proof");
    expect((await refusalOf(proofs.check({ headers: { dpop: 7 as never } }))).code).toBe("invalid_request");
    await expect(proofs.verifyOptional(7 as never)).rejects.toThrow(TypeError);
  });

  it("knows several origins, and what a proxy takes off the path", async () => {
    const origins = ["https://one.example.com", "http://localhost:3000"];
    const proofs = createProofVerifier({ ...options, origin: origins, prefix: "/api/v1" });
    const ask = (url: string) => proofs.verify(requestOf(proofOf(KEY, { method: "POST", url })));
    for (const origin of origins) expect(await ask(`${origin}/api/v1/token`)).toMatchObject({ jkt: KEY.jkt });
    for (const url of [`${origins[0]}/token`, `${ORIGIN}/api/v1/token`]) {
      expect((await refusalOf(ask(url))).code).toBe("invalid_dpop_proof");
    }
  });

  it("is told by the cause that no URL was given", async () => {
    const proofs = createProofVerifier(options);
    const refusal = await refusalOf(proofs.verify({ method: "POST", headers: { dpop: prove() } }));
    expect((refusal.cause as Error).message).toMatch(/^htu is/);
  });

  it("takes a proof of any number of keys, and remembers the last thousand", async () => {
    const proofs = createProofVerifier(options);
    const keys = Array.from({ length: 1_010 }, () => clientKey("EdDSA"));
    for (const key of [...keys, ...keys.slice(0, 3)]) {
      expect(await proofs.verify(requestOf(prove({}, key)))).toMatchObject({ jkt: key.jkt });
    }
  });

  it("shows its own clock where that tells no time", async () => {
    const proofs = createProofVerifier({ ...options, now: () => Number.NaN });
    await expect(proofs.verify(requestOf(prove()))).rejects.toThrow(/now\(\) must return the milliseconds/);
  });
});

describe("the options", () => {
  const nonce = { secret: "a secret for nonces, of 32 bytes or more" };
  it.each<readonly [object, RegExp]>([
    [{ origin: undefined }, /origin is undefined; it must be given/],
    [{ origin: "api.example.com" }, /origin must be one as browsers write it/],
    [{ origin: "http://api.example.com" }, /origin must be https; only loopback hosts/],
    [{ origin: "https://api.example.com/" }, /origin must be/],
    [{ origin: "https://api.example.com/api" }, /origin must be/],
    [{ origin: "https://API.example.com" }, /origin must be/],
    [{ origin: "https://api.example.com:443" }, /origin must be/],
    [{ origin: "ftp://api.example.com" }, /origin must be/],
    [{ origin: [] }, /origin must be/],
    [{ origin: [ORIGIN, 7] }, /origin must be/],
    [{ origin: new URL(ORIGIN) }, /origin must be/],
    [{ proofs: undefined }, /proofs is undefined; it must be given/],
    [
      { proofs: {} },
      /proofs, unless it is null, must be an object with the methods remember, such as memoryProofs\(\)/,
    ],
    [{ proofs: "memory" }, /proofs/],
    [{ prefix: "api" }, /prefix must be a path, such as "\/api"/],
    [{ prefix: "/api/" }, /prefix must be/],
    [{ prefix: "/api?x" }, /prefix must be/],
    [{ prefix: 7 }, /prefix must be/],
    [{ nonce: {} }, /nonce.secret is undefined; it must be given/],
    [{ nonce: null }, /nonce/],
    [{ nonce: { secret: "short" } }, /needs at least 32 bytes/],
    [{ nonce: { ...nonce, lifetime: 0 } }, /nonce.lifetime must be a whole number of seconds from 1 to 86400/],
    [{ nonce: { ...nonce, lifetme: 1 } }, /nonce: there is no option "lifetme"/],
    [{ maxAge: 0 }, /maxAge must be a whole number of seconds from 1 to 600/],
    [{ maxAge: "1h" }, /maxAge must be/],
    [{ clockTolerance: "10m" }, /clockTolerance must be a whole number of seconds from 0 to 300/],
    [{ algorithms: [] }, /algorithms must be a list of those of key pairs/],
    [{ algorithms: ["HS256"] }, /a shared secret proves nothing/],
    [{ algorithms: ["none"] }, /algorithms must be/],
    [{ algorithms: "ES256" }, /algorithms must be/],
    [{ algorithms: ["ES256", "ML-DSA-65"] }, /algorithms: a proof of ML-DSA-65 is longer than 8192 characters/],
    [{ algorithms: ["ML-DSA-87"] }, /a proof of ML-DSA-87 is longer/],
    [{ storeTimeoutMs: 0 }, /storeTimeoutMs must be/],
    [{ now: NOW }, /now must be a function/],
    [{ maxage: "1m" }, /there is no option "maxage"; the options are origin, proofs/],
  ])("%j are refused", (change, why) => {
    const given = { ...options, ...change };
    expect(() => createProofVerifier(given as never)).toThrow(why);
    expect(() => dpop(profileOf(), given as never)).toThrow(why);
  });

  it("are needed, and so is a profile", () => {
    expect(() => createProofVerifier(undefined as never)).toThrow(/takes a plain object with options/);
    expect(() => dpop(undefined as never, options)).toThrow(/dpop takes a profile/);
    expect(() => dpop([], options)).toThrow(/dpop takes one token profile, or several/);
    expect(() => dpop([profileOf(), profileOf()], options)).toThrow(/two profiles have the same issuer and typ/);
  });
});

describe("an outage of the store is 503, and lets nobody in", () => {
  const token = signed({ sub: "user-1", iat: SECOND, exp: SECOND + 900, cnf: { jkt: KEY.jkt } });
  const lies: readonly (readonly [string, () => unknown])[] = [
    ["answers undefined", async () => undefined],
    ["answers 1", async () => 1],
    ["answers a text", () => "true"],
    ["throws what is no error", () => Promise.reject(undefined)],
  ];

  it.each([...OUTAGES, ...lies])("where it %s", async (_how, remember) => {
    const store = { remember } as unknown as ProofStore;
    const given = { ...options, proofs: store, storeTimeoutMs: 40 };
    const outages: unknown[] = [];
    const credentials = [dpop(profileOf(), given)];
    const onOutage = (error: AuthError, { operation, call }: object & { operation?: unknown; call?: unknown }) =>
      outages.push([error.code, operation, call]);
    const guard = createGuard({ credentials, onOutage });
    const proof = proofOf(KEY, { url: `${ORIGIN}/me`, token });
    const headers = { authorization: `DPoP ${token}`, dpop: proof };
    const startedAt = Date.now();
    expect((await refusalOf(guard.authenticate({ method: "GET", url: "/me", headers }))).code).toBe("unavailable");
    expect(outages).toEqual([["unavailable", "authenticate", "proofs.remember"]]);
    expect((await refusalOf(createProofVerifier(given).verify(requestOf(prove())))).code).toBe("unavailable");
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  it("where it is full of proofs that may still be used, until they may not", async () => {
    const { now, pass } = timesFrom(NOW);
    const proofs = createProofVerifier({ ...options, proofs: memoryProofs({ maxProofs: 3 }), now });
    const ask = () => proofs.verify(requestOf(prove({ iat: now() / 1_000 })));
    const first = requestOf(prove());
    await proofs.verify(first);
    for (let time = 0; time < 2; time += 1) await ask();
    for (let time = 0; time < 3; time += 1) expect((await refusalOf(ask())).code).toBe("unavailable");
    expect((await refusalOf(proofs.verify(first))).code).toBe("invalid_dpop_proof");
    pass(121);
    for (let time = 0; time < 3; time += 1) await ask();
  });
});
