import { sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { externalKey } from "../../src/core/keys/external.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import type { JWK } from "../../src/core/keys/jwk.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { keyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { rotatingKeys } from "../../src/remote/rotating-keys.ts";
import type { OutageContext } from "../../src/store-calls/outage.ts";
import { codeOf, houseOf, READER } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const secretOf = (name: string) => secretKey(name.repeat(32), { kid: name });
const kidOf = (token: string): unknown => decodeToken(token).header.kid;

describe("a user who is logged in", () => {
  it("stays so while the keys are rotated, and when the key of its token has gone", async () => {
    let ring = keyRing(secretOf("a"));
    const clock = { now: NOW };
    const keys = rotatingKeys({ load: () => ring, now: () => clock.now });
    const token = profileOf(keys as never, { now: () => clock.now });
    const { auth } = houseOf({ clock, more: { token } });
    let { accessToken, refreshToken } = await auth.login(READER);
    expect(kidOf(accessToken)).toBe("a");
    for (const [next, kid] of [
      [keyRing(secretOf("a"), secretOf("b")), "a"],
      [keyRing(secretOf("b"), secretOf("a")), "b"],
      [keyRing(secretOf("b")), "b"],
      [keyRing(secretOf("c")), "c"], // a leak: nobody waits
    ] as const) {
      ring = next;
      await keys.reload();
      const isKnown = next.keys.some((key) => key.kid === kidOf(accessToken));
      expect(await codeOf(auth.authenticateToken(accessToken))).toBe(isKnown ? "ok" : "invalid_token");
      clock.now += 1_000;
      ({ accessToken, refreshToken } = await auth.refresh(refreshToken));
      expect(kidOf(accessToken)).toBe(kid);
      expect(await codeOf(auth.authenticateToken(accessToken))).toBe("ok");
    }
  });
});

describe("while the service that signs is down", () => {
  it("logging in and refreshing are outages, and lose nothing", async () => {
    const jwk = await generateKey("ES256");
    const [publicKey] = publicJwks(await importKey(jwk)).keys as [JWK];
    let isDown = false;
    const key = await externalKey({
      algorithm: "ES256",
      publicKey,
      sign: async (message) => {
        if (isDown) throw new Error("kms is down");
        return sign("sha256", message, { key: jwk as never, format: "jwk", dsaEncoding: "ieee-p1363" });
      },
    });
    const told: (OutageContext & { cause: unknown })[] = [];
    const onOutage = ({ cause }: { cause?: unknown }, context: OutageContext): void =>
      void told.push({ ...context, cause });
    const { auth } = houseOf({ more: { token: profileOf(key), onOutage } });
    const { accessToken, refreshToken } = await auth.login(READER);

    isDown = true;
    expect(await codeOf(auth.login(READER))).toBe("unavailable");
    expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
    expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
    expect(await codeOf(auth.authenticateToken(accessToken))).toBe("ok");
    expect(told.map(({ operation }) => operation)).toEqual(["login", "refresh", "refresh"]);
    expect(told[0]).toMatchObject({ refused: true, cause: { message: "kms is down" } });

    isDown = false;
    const next = await auth.refresh(refreshToken);
    expect(await codeOf(auth.authenticateToken(next.accessToken))).toBe("ok");
    expect(await codeOf(auth.refresh(next.refreshToken))).toBe("ok");
  });
});
