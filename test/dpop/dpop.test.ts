import { createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type AuthError, isAuthError } from "../../src/core/errors.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { createProofVerifier, type DpopOptions, dpop } from "../../src/dpop.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { readThumbprint } from "../../src/guard/binding.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import { createGuard } from "../../src/guard/create.ts";
import { memoryBlocklist, memoryProofs } from "../../src/stores/memory.ts";
import { type ClientKey, clientKey, hashToken, type ProofChanges, proofOf } from "../support/dpop.ts";
import { MEGABYTES } from "../support/megabytes.ts";
import { runs } from "../support/thorough.ts";
import { encode, NOW, profileOf, SECOND, signed } from "../support/tokens.ts";

const ORIGIN = "https://api.example.com";
const KEY = clientKey();
const OTHER = clientKey();

/** What became of a promise: `"ok"`, or the code and what the developer is told. */
async function reasonOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "ok";
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return `${error.code}: ${(error.cause as Error | undefined)?.message}`;
  }
}

function houseOf(options: Partial<DpopOptions> = {}) {
  const clock = { now: NOW };
  const token = profileOf(undefined, { now: () => clock.now });
  const credential = dpop(token, { origin: ORIGIN, proofs: memoryProofs(), ...options });
  const guard = createGuard({ credentials: [credential], onOutage: () => undefined });
  const issue = (cnf: unknown = { jkt: KEY.jkt }): Promise<string> =>
    issueToken({ sub: "user-1", cnf } as never, token);
  const ask = (accessToken: string, proof: string, more: object = {}) =>
    guard.authenticate({
      method: "GET",
      url: "/orders?page=2",
      headers: { authorization: `DPoP ${accessToken}`, dpop: proof },
      ...more,
    });
  return { clock, token, guard, credential, issue, ask };
}

const URL_OF_IT = `${ORIGIN}/orders`;

/** Asks with a good token and a proof that was changed. */
async function tryProof(changes: ProofChanges = {}, key: ClientKey = KEY, options: Partial<DpopOptions> = {}) {
  const { issue, ask } = houseOf(options);
  const token = await issue({ jkt: key.jkt });
  return reasonOf(ask(token, proofOf(key, { url: URL_OF_IT, token }, changes)));
}

describe("a token that is bound to a key", () => {
  it.each([0, 30])(
    "is shown with a proof once, to the very instant of its end, with a tolerance of %d s",
    async (s) => {
      const { clock, issue, ask } = houseOf({ maxAge: "1m", clockTolerance: s });
      const token = await issue();
      for (const [iat, end] of [
        [SECOND - 0.0005, NOW + 59_999 + s * 1_000],
        [SECOND, NOW + 60_000 + s * 1_000],
      ] as const) {
        clock.now = end;
        const proof = proofOf(KEY, { url: URL_OF_IT, token, iat });
        expect(await reasonOf(ask(token, proof))).toBe("ok");
        for (let sent = 0; sent < 3; sent += 1) expect(await reasonOf(ask(token, proof))).toMatch(/used before/);
        clock.now = end + 1;
        expect(await reasonOf(ask(token, proof))).toMatch(/iat/);
      }
    },
  );

  it.each(["ES256", "ES384", "ES512", "Ed25519", "EdDSA", "PS256", "RS256"])("may be proven by %s", async (alg) => {
    const key = clientKey(alg);
    expect(await tryProof({}, key)).toBe("ok");
    expect(await tryProof({ signer: clientKey(alg, 2_048, 1) }, key)).toBe(
      "invalid_dpop_proof: the signature does not hold",
    );
  });

  it.each<readonly [string, ProofChanges, RegExp]>([
    ["another method", { payload: { htm: "POST" } }, /htm is "POST", expected GET/],
    ["a method in small letters", { payload: { htm: "get" } }, /htm is "get"/],
    ["no method", { payload: { htm: undefined } }, /htm is missing/],
    ["another path", { payload: { htu: `${ORIGIN}/order` } }, /htu is "https:\/\/api.example.com\/order"/],
    ["another host", { payload: { htu: "https://evil.example.com/orders" } }, /htu is/],
    ["another scheme", { payload: { htu: "http://api.example.com/orders" } }, /htu is/],
    ["another port", { payload: { htu: "https://api.example.com:8443/orders" } }, /htu is/],
    ["a user in its URI", { payload: { htu: "https://user@api.example.com/orders" } }, /htu is/],
    ["a path alone", { payload: { htu: "/orders" } }, /htu is "\/orders"/],
    ["a list for a URI", { payload: { htu: [URL_OF_IT] } }, /htu is/],
    ["no URI", { payload: { htu: undefined } }, /htu is missing/],
    [
      "no hash of the token",
      { payload: { ath: undefined } },
      /ath is missing, expected the SHA-256 of the access token/,
    ],
    ["the hash of another token", { payload: { ath: hashToken("another") } }, /ath is/],
    ["the hash in hex", { payload: { ath: Buffer.from(hashToken("x"), "base64url").toString("hex") } }, /ath is/],
    ["no id", { payload: { jti: undefined } }, /jti is missing/],
    ["an empty id", { payload: { jti: "" } }, /jti is "", expected a text of 1 to 256 characters/],
    ["a number for an id", { payload: { jti: 7 } }, /jti is 7/],
    ["a huge id", { payload: { jti: "j".repeat(257) } }, /jti is/],
    ["no time", { payload: { iat: undefined } }, /iat is missing/],
    ["a text for a time", { payload: { iat: String(SECOND) } }, /iat is/],
    ["a time that is none", { payload: { iat: Number.POSITIVE_INFINITY } }, /iat is null/],
    ["a time of long ago", { payload: { iat: SECOND - 91 } }, /iat is \d+, expected at most 60 s ago, at \d+/],
    ["a time to come", { payload: { iat: SECOND + 31 } }, /iat is \d+, expected not to come, at \d+/],
    ["an endless time", { payload: { iat: -1e308 } }, /iat is/],
    ["the time in milliseconds", { payload: { iat: NOW } }, /iat is/],
    ["no type", { header: { typ: undefined } }, /typ is missing, expected "dpop\+jwt"/],
    ["the type of a token", { header: { typ: "at+jwt" } }, /typ is "at\+jwt"/],
    ["its type in capitals", { header: { typ: "DPoP+JWT" } }, /typ is/],
    ["its type with application/", { header: { typ: "application/dpop+jwt" } }, /typ is/],
    ["no algorithm", { header: { alg: undefined } }, /alg is missing/],
    ["the algorithm none", { header: { alg: "none" } }, /alg is "none", expected one of "ES256", "Ed25519", "ES384"/],
    ["a shared secret", { header: { alg: "HS256" }, signer: "x" }, /alg is "HS256"/],
    [
      "a shared secret as its key",
      { header: { alg: "HS256", jwk: { kty: "oct", k: encode("secret") } }, signer: "secret" },
      /alg is "HS256"/,
    ],
    ["a secret as a key for ES256", { header: { jwk: { kty: "oct", k: "AAAA" } } }, /jwk is a shared secret/],
    ["no key", { header: { jwk: undefined } }, /jwk must be there/],
    ["a list for a key", { header: { jwk: [KEY.jwk] } }, /jwk must be there, and be a key/],
    ["null for a key", { header: { jwk: null } }, /jwk must be there/],
    ["the name of a key", { header: { jwk: undefined, kid: "key-1" } }, /jwk must be there/],
    ["a key of no type", { header: { jwk: { ...KEY.jwk, kty: undefined } } }, /kty/],
    ["a key of an unknown type", { header: { jwk: { ...KEY.jwk, kty: "__proto__" } } }, /kty/],
    ["a key without a member", { header: { jwk: { ...KEY.jwk, y: undefined } } }, /"y"/],
    [
      "its private key",
      { header: { jwk: KEY.privateKey.export({ format: "jwk" }) } },
      /jwk has a member of a private key/,
    ],
    ["a private member of another type", { header: { jwk: { ...KEY.jwk, k: "AAAA" } } }, /a private key/],
    ["a key for encryption", { header: { jwk: { ...KEY.jwk, use: "enc" } } }, /"use" is not "sig"/],
    [
      "a key that only signs",
      { header: { jwk: { ...KEY.jwk, key_ops: ["sign"] } } },
      /"key_ops" do not include "verify"/,
    ],
    ["a key for another algorithm", { header: { jwk: { ...KEY.jwk, alg: "ES384" } } }, /jwk is for another algorithm/],
    ["another key", { header: { jwk: OTHER.jwk }, signer: OTHER }, /the proof is of another key than the token/],
    ["another signature", { signer: OTHER }, /the signature does not hold/],
    ["an extension", { header: { crit: ["exp"], exp: SECOND } }, /crit or b64 is there/],
    ["an unencoded payload", { header: { b64: false } }, /crit or b64 is there/],
  ])("is refused with a proof that has %s", async (_what, changes, why) => {
    const reason = await tryProof(changes);
    expect(reason).toMatch(/^invalid_dpop_proof: /);
    expect(reason).toMatch(why);
  });

  it.each<readonly [string, ProofChanges]>([
    ["a query and a fragment in its URI", { payload: { htu: `${URL_OF_IT}?page=3#top` } }],
    ["its URI in other letters", { payload: { htu: "HTTPS://API.example.com:443/x/../%6Frders" } }],
    ["a time that is nearly too old", { payload: { iat: SECOND - 90 } }],
    ["a time that is nearly to come", { payload: { iat: SECOND + 30 } }],
    ["a fraction of a second", { payload: { iat: SECOND + 0.5 } }],
    ["the longest id", { payload: { jti: "j".repeat(256) } }],
    ["more claims", { payload: { exp: 1, nonce: "of nobody", more: { than: "enough" } } }],
    [
      "a key as WebCrypto exports it",
      { header: { jwk: { ...KEY.jwk, ext: true, key_ops: ["verify"], alg: "ES256" } } },
    ],
  ])("takes a proof that has %s", async (_what, changes) => {
    expect(await tryProof(changes)).toBe("ok");
  });

  it("takes only the algorithms that it was told", async () => {
    const reason = await tryProof({}, KEY, { algorithms: ["EdDSA"] });
    expect(reason).toBe('invalid_dpop_proof: alg is "ES256", expected "Ed25519"');
    expect(await tryProof({}, clientKey("EdDSA"), { algorithms: ["EdDSA"] })).toBe("ok");
  });

  it.each<readonly [string, (proof: string) => string]>([
    ["is cut short", (proof) => proof.slice(0, -1)],
    ["has no signature", (proof) => proof.replace(/[^.]+$/, "")],
    ["is one segment", () => "proof"],
    ["is empty", () => ""],
    ["has padding", (proof) => `${proof}=`],
    ["has a fourth segment", (proof) => `${proof}.x`],
    ["is no JSON", (proof) => proof.replace(/^[^.]+/, encode("{"))],
    ["is huge", (proof) => proof + "x".repeat(9_000)],
    ["is megabytes", (proof) => proof.repeat(MEGABYTES / proof.length)],
    ["is not ASCII", (proof) => `${proof.slice(0, -1)}é`],
  ])("is refused with a proof that %s", async (_what, change) => {
    const { issue, ask } = houseOf();
    const token = await issue();
    const proof = change(proofOf(KEY, { url: URL_OF_IT, token }));
    expect(await reasonOf(ask(token, proof))).toMatch(/^invalid_dpop_proof: /);
  });

  it("is refused without a proof, and as a proof; and a proof is no token", async () => {
    const { issue, ask, guard } = houseOf();
    const token = await issue();
    const proof = proofOf(KEY, { url: URL_OF_IT, token });
    const bare = { method: "GET", url: "/orders", headers: { authorization: `DPoP ${token}` } };
    expect(await reasonOf(guard.authenticate(bare))).toBe("invalid_dpop_proof: there is no DPoP header");
    expect(await reasonOf(ask(token, token))).toMatch(/^invalid_dpop_proof: typ is "at\+jwt"/);
    expect(await reasonOf(ask(proof, proof))).toMatch(/^invalid_token: typ is "dpop\+jwt"/);
    expect(await reasonOf(ask(token, proof))).toBe("ok");
  });

  it("is refused with two proofs, however they come", async () => {
    const { issue, ask } = houseOf();
    const token = await issue();
    const [one, two] = [1, 2].map(() => proofOf(KEY, { url: URL_OF_IT, token })) as [string, string];
    const authorization = `DPoP ${token}`;
    const all = [
      { headers: { authorization, dpop: `${one}, ${two}` } },
      { headers: { authorization, dpop: [one, two] } },
      { headers: { authorization, dpop: one, DPoP: two } },
      {
        headers: new Headers([
          ["Authorization", authorization],
          ["DPoP", one],
          ["DPoP", two],
        ]),
      },
    ];
    for (const request of all) expect(await reasonOf(ask(token, one, request))).toMatch(/^invalid_request: several/i);
  });

  it.each<readonly [string, RegExp]>([
    ["DPoP", /after the DPoP scheme comes one access token/],
    ["DPoP a b", /after the DPoP scheme/],
    ["DPoP a,b", /after the DPoP scheme/],
    ["DPoP é", /after the DPoP scheme/],
    ["Basic x, DPoP y", /carries several/],
  ])("is refused in the header %s", async (authorization, why) => {
    const { guard } = houseOf();
    const reason = await reasonOf(guard.authenticate({ headers: { authorization } }));
    expect(reason).toMatch(/^invalid_request: /);
    expect(reason).toMatch(why);
  });

  it("is another credential than one of another scheme", async () => {
    const { guard, issue } = houseOf();
    for (const authorization of ["Basic x", "DPoPx y", `Bearer ${await issue()}`]) {
      expect(await reasonOf(guard.authenticate({ headers: { authorization } }))).toMatch(/^missing_token/);
    }
    const { credential } = houseOf();
    const refusal = await createGuard({ credentials: [bearer(profileOf()), credential] })
      .authenticate({ headers: {} })
      .catch((error: AuthError) => error);
    expect((refusal as AuthError).headers["WWW-Authenticate"]).toBe(
      'Bearer realm="api", DPoP realm="api", algs="ES256 Ed25519 EdDSA ES384 ES512 PS256 RS256"',
    );
  });

  it.each<readonly [string, unknown]>([
    ["to nothing", undefined],
    ["to null", null],
    ["to text", "text"],
    ["to a certificate", { "x5t#S256": KEY.jkt }],
    ["to no thumbprint", { jkt: "" }],
    ["to a list", { jkt: [KEY.jkt] }],
    ["to a thumbprint with padding", { jkt: `${KEY.jkt}=` }],
  ])("has to be bound to a key: %s", async (_what, cnf) => {
    const { ask } = houseOf();
    const token = signed({ sub: "user-1", iat: SECOND, exp: SECOND + 900, ...(cnf !== undefined && { cnf }) });
    expect(await reasonOf(ask(token, proofOf(KEY, { url: URL_OF_IT, token })))).toMatch(
      /^invalid_token: the token is bound to no key/,
    );
  });

  it("is verified before the proof is", async () => {
    const { clock, issue, ask } = houseOf();
    const token = await issue();
    clock.now += 3_600_000;
    expect(await reasonOf(ask(token, "nonsense"))).toMatch(/^expired/);
  });

  it("is let in at once where no proof is remembered", async () => {
    expect(await tryProof({}, KEY, { proofs: null })).toBe("ok");
    for (const nothing of [undefined, null, {}, { cnf: null }]) expect(readThumbprint(nothing)).toBeNull();
  });

  it("is looked up in the blocklist", async () => {
    const { credential, issue } = houseOf();
    const blocklist = memoryBlocklist({ now: () => NOW });
    blocklist.revokeUser("user-1", new Date(NOW), new Date(NOW + 3_600_000));
    const token = await issue();
    const guard = createGuard({ credentials: [credential], blocklist });
    const headers = { authorization: `DPoP ${token}`, dpop: proofOf(KEY, { url: URL_OF_IT, token }) };
    expect(await reasonOf(guard.authenticate({ method: "GET", url: "/orders", headers }))).toMatch(/^revoked/);
  });
});

describe("a key is refused that", () => {
  const tryKey = (key: ClientKey, jwk: object = {}) => {
    const proofs = createProofVerifier({ origin: ORIGIN, proofs: null, now: () => NOW });
    const proof = proofOf(key, { url: URL_OF_IT }, { header: { jwk: { ...key.jwk, ...jwk } } });
    return reasonOf(proofs.verify({ method: "GET", url: "/orders", headers: { dpop: proof } }));
  };

  it("is a weak RSA key, or takes long to compute with", async () => {
    expect(await tryKey(clientKey("RS256", 1_024))).toMatch(/1024 bits, and 2048 is the least/);
    expect(await tryKey(clientKey("RS256", runs(2_304, 3_072)))).toBe("ok");
    const n = Buffer.alloc(513, 0xff).toString("base64url");
    expect(await tryKey(clientKey("RS256"), { n })).toMatch(/over 4096 bits/);
    const e = Buffer.from((2n ** 33n + 1n).toString(16).padStart(10, "0"), "hex").toString("base64url");
    expect(await tryKey(clientKey("RS256"), { e })).toMatch(/long exponent/);
    expect(await tryKey(clientKey("RS256"), { e: "AQ" })).toMatch(/exponent under 3/);
  });

  it("has two spellings", async () => {
    const key = clientKey("RS256");
    const n = Buffer.concat([Buffer.alloc(1), Buffer.from(key.jwk.n as string, "base64url")]).toString("base64url");
    expect(await tryKey(key, { n })).toMatch(/not spelled canonically/);
    expect(await tryKey(KEY, { x: `${KEY.jwk.x}=` })).toMatch(/not spelled canonically|importKey/);
  });

  it("is no point on its curve, or of another curve than its algorithm", async () => {
    expect(await tryKey(KEY, { y: KEY.jwk.x })).toMatch(/^invalid_dpop_proof: importKey/);
    expect(await tryKey({ ...KEY, alg: "ES384" })).toMatch(/does not fit the algorithm ES384/);
    const point = { kty: "OKP", crv: "Ed25519", x: Buffer.alloc(32).toString("base64url") };
    expect(createPublicKey({ key: point, format: "jwk" }).asymmetricKeyType).toBe("ed25519");
    expect(await tryKey(clientKey("EdDSA"), point)).toMatch(/point of small order/);
  });
});

describe("a bound token as a Bearer token", () => {
  const bound = (cnf: unknown) => signed({ sub: "user-1", iat: SECOND, exp: SECOND + 900, cnf });
  const token = profileOf();
  const waiting = { blocklist: memoryBlocklist({ now: () => NOW }) };
  const schema = { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } } as const;
  const inHeader = (it: string) => ({ headers: { authorization: `Bearer ${it}` } });
  const inCookie = (it: string) => ({ method: "GET", headers: { cookie: `__Host-access=${it}` } });
  const guards = {
    "the one that answers at once": [createGuard({ token }), inHeader],
    "one with a blocklist": [createGuard({ token, ...waiting }), inHeader],
    "one with a schema": [createGuard({ token: profileOf(undefined, { schema } as never) }), inHeader],
    "bearer beside another": [createGuard({ credentials: [bearer(token), cookieToken(token)] }), inHeader],
    "a cookie": [createGuard({ credentials: [cookieToken(token)] }), inCookie],
    "bearer beside dpop": [createGuard({ credentials: [bearer(token), houseOf().credential] }), inHeader],
  } as const;

  it.each(Object.entries(guards))("is refused by %s, also when it is remembered", async (_name, [guard, show]) => {
    for (const cnf of [{ jkt: KEY.jkt }, { "x5t#S256": KEY.jkt }, {}, null, "text", false]) {
      for (let time = 0; time < 4; time += 1) {
        expect(await reasonOf(guard.authenticate(show(bound(cnf))))).toMatch(
          /^invalid_token: the token is bound \(cnf\)/,
        );
        expect(await reasonOf(guard.authenticateOptional(show(bound(cnf))))).toMatch(/^invalid_token/);
      }
    }
    expect(await reasonOf(guard.authenticate(show(signed())))).toBe("ok");
  });

  it("is refused where another guard has remembered it", async () => {
    const { token: profile, issue, ask } = houseOf();
    const accessToken = await issue();
    for (let time = 0; time < 3; time += 1)
      await ask(accessToken, proofOf(KEY, { url: URL_OF_IT, token: accessToken }));
    const plain = createGuard({ token: profile });
    expect(await reasonOf(plain.authenticate(`Bearer ${accessToken}`))).toMatch(/^invalid_token: the token is bound/);
    expect(await reasonOf(plain.authenticateToken(accessToken))).toMatch(/^invalid_token: the token is bound/);
    expect(plain.stats().cache.hits).toBeGreaterThan(0);
  });
});
