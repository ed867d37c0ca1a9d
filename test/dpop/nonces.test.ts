import { describe, expect, it } from "vitest";
import type { AuthError } from "../../src/core/errors.ts";
import { createNonces } from "../../src/dpop/nonces.ts";
import { createProofVerifier, type DpopOptions } from "../../src/dpop.ts";
import { clientKey, proofOf } from "../support/dpop.ts";
import { SECOND } from "../support/tokens.ts";

const SECRET = "a secret for nonces, of 32 bytes or more";
const MINUTE = 60_000;
const START = 1_000 * MINUTE;
const nonces = createNonces("test", { secret: SECRET, lifetime: "1m" }, 0);

describe("a nonce", () => {
  it("is the same for all who have the secret, and another one in each slot of time", () => {
    const there = createNonces("test", { secret: Buffer.from(SECRET), lifetime: 60 }, 0);
    expect(there.give(START)).toBe(nonces.give(START + MINUTE - 1));
    expect(nonces.give(START + MINUTE)).not.toBe(nonces.give(START));
    expect(nonces.give(START)).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+$/); // NQCHAR
  });

  it("is good until the next one has had its time too", () => {
    const nonce = nonces.give(START + MINUTE - 1);
    const end = START + 2 * MINUTE;
    for (const now of [START, START + MINUTE, end - 1]) expect(nonces.findEnd(nonce, now)).toBe(end);
    for (const now of [START - 1, end, end + MINUTE]) expect(nonces.findEnd(nonce, now)).toBeNull();
  });

  it("is good for as much longer and sooner as clocks may be apart", () => {
    const tolerant = createNonces("test", { secret: SECRET, lifetime: "1m" }, 5_000);
    const nonce = tolerant.give(START);
    const end = START + 2 * MINUTE + 5_000;
    for (const now of [START - 5_000, end - 1]) expect(tolerant.findEnd(nonce, now)).toBe(end);
    for (const now of [START - 5_001, end]) expect(tolerant.findEnd(nonce, now)).toBeNull();
  });

  it("lasts five minutes, and as long again, where nobody says", () => {
    const usual = createNonces("test", { secret: SECRET }, 0);
    expect(usual.findEnd(usual.give(0), 599_999)).toBe(600_000);
    expect(usual.give(299_999)).toBe(usual.give(0));
  });

  it.each<readonly [string, (nonce: string) => string]>([
    ["of another secret", () => createNonces("test", { secret: `${SECRET}!`, lifetime: "1m" }, 0).give(START)],
    [
      "of another slot under this one's number",
      (nonce) => nonces.give(START + MINUTE).replace(/^\d+/, nonce.split(".")[0] ?? ""),
    ],
    ["with a number of other digits", (nonce) => `0${nonce}`],
    ["cut short", (nonce) => nonce.slice(0, -1)],
    ["with more behind it", (nonce) => `${nonce}x`],
    ["without a code", (nonce) => nonce.split(".")[0] ?? ""],
    ["in another spelling", (nonce) => nonce.replace(/.$/, (last) => String.fromCharCode(last.charCodeAt(0) + 1))],
    ["of nothing", () => ""],
  ])("is worthless %s", (_what, change) => {
    expect(nonces.findEnd(change(nonces.give(START)), START)).toBeNull();
  });
});

describe("a proof where nonces are asked for", () => {
  const key = clientKey();
  const url = "https://api.example.com/token";
  function verifierAt(clock: { now: number }, options: Partial<DpopOptions> = {}) {
    const proofs = createProofVerifier({
      origin: "https://api.example.com",
      proofs: null,
      nonce: { secret: SECRET },
      now: () => clock.now,
      ...options,
    });
    const ask = (payload: object) =>
      proofs.verify({
        method: "POST",
        url: "/token",
        headers: { dpop: proofOf(key, { method: "POST", url }, { payload }) },
      });
    const refusalOf = (payload: object) => ask(payload).catch((error: AuthError) => error) as Promise<AuthError>;
    return { proofs, ask, refusalOf };
  }

  it.each([undefined, 7, null, "", "x".repeat(300), "nonsense"])("is refused with the nonce %j", async (nonce) => {
    const { refusalOf, proofs } = verifierAt({ now: SECOND * 1_000 });
    const { code, headers } = await refusalOf({ nonce });
    expect(code).toBe("use_dpop_nonce");
    expect(headers["DPoP-Nonce"]).toBe(proofs.nonce());
    expect(headers["WWW-Authenticate"]).toBe(
      'DPoP realm="api", error="use_dpop_nonce", error_description="Use the nonce of this answer", ' +
        'algs="ES256 Ed25519 EdDSA ES384 ES512 PS256 RS256"',
    );
  });

  it("is as old as its nonce, whatever the client's clock says", async () => {
    const clock = { now: SECOND * 1_000 };
    const { proofs, ask, refusalOf } = verifierAt(clock);
    const nonce = proofs.nonce();
    for (const iat of [0, SECOND, SECOND * 2]) expect(await ask({ nonce, iat })).toMatchObject({ jkt: key.jkt });
    clock.now += 300_000;
    expect(proofs.nonce()).not.toBe(nonce);
    expect(await ask({ nonce })).toMatchObject({ jkt: key.jkt });
    clock.now += 330_000;
    expect((await refusalOf({ nonce })).code).toBe("use_dpop_nonce");
    expect((await refusalOf({ nonce: proofs.nonce(), iat: "now" })).code).toBe("invalid_dpop_proof");
  });

  it("is remembered until its nonce is over for every process", async () => {
    const ends: number[] = [];
    const clock = { now: 0 };
    const remember = async (_id: string, end: Date) => ends.push(end.getTime()) > 0;
    const { proofs, ask } = verifierAt(clock, { proofs: { remember } });
    await ask({ nonce: proofs.nonce() });
    expect(ends).toEqual([600_000 + 60_000]);
  });

  it("needs none where none is asked for", () => {
    const proofs = createProofVerifier({ origin: "https://api.example.com", proofs: null });
    expect(proofs.nonce()).toBeNull();
  });
});
