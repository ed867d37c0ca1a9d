import { describe, expect, it } from "vitest";
import { externalKey } from "../../../src/core/keys/external.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import type { JWK } from "../../../src/core/keys/jwk.ts";
import { KEY, type VerifyingKey } from "../../../src/core/keys/key.ts";
import { publicJwks } from "../../../src/core/keys/publish.ts";
import { retireKey } from "../../../src/core/keys/retire.ts";
import { includesKey, keepVerifiers } from "../../../src/core/keys/same.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { keyFor } from "../../support/keys.ts";
import { profileOf, reasonFor } from "../../support/tokens.ts";

const jwk = await keyFor("RS256");
const { kid: _, ...nameless } = jwk;
const { alg: __, ...open } = jwk;
const secret = (fill = "s", kid?: string, algorithm: "HS256" | "HS512" = "HS256"): VerifyingKey =>
  secretKey(fill.repeat(64), { algorithm, ...(kid !== undefined && { kid }) });
const half = async (): Promise<VerifyingKey> => importKey(publicJwks(await importKey(jwk)).keys[0] as JWK);
const date = new Date("2031-01-01");

/** Whether the second is kept as the first. */
function isKept(before: VerifyingKey, after: VerifyingKey): boolean {
  const [kept] = keepVerifiers([after], [before]) as [VerifyingKey];
  expect(kept).toMatchObject({ algorithm: after.algorithm, kid: after.kid, canSign: after.canSign });
  expect(kept.retiresAt).toBe(after.retiresAt);
  expect(kept[KEY].sign).toBe(after[KEY].sign);
  return includesKey([before], kept);
}

describe("a key that was made anew", () => {
  it("is the same where it has the same secret or public half, and the same name", async () => {
    expect(isKept(secret(), secret())).toBe(true);
    expect(isKept(secret("s", "a"), secret("s", "a"))).toBe(true);
    expect(isKept(await importKey(jwk), await importKey(jwk))).toBe(true);
    expect(isKept(await importKey(jwk), await half())).toBe(true);
    expect(isKept(await half(), await importKey(jwk))).toBe(true);
    expect(isKept(secret(), retireKey(secret(), date))).toBe(true);
    expect(isKept(retireKey(secret(), date), retireKey(secret(), new Date("2032-01-01")))).toBe(true);
  });

  it("is another where anything differs by which it is chosen, or verifies", async () => {
    const key = await importKey(jwk);
    expect(isKept(secret("s"), secret("t"))).toBe(false);
    expect(isKept(secret("s", "a"), secret("s", "b"))).toBe(false);
    expect(isKept(secret("s"), secret("s", "b"))).toBe(false);
    expect(isKept(secret("s", "a"), secret("s", "a", "HS512"))).toBe(false);
    expect(isKept(secret("s", key.kid as string), key)).toBe(false);
    expect(isKept(key, await importKey(await keyFor("RS256", 1), { kid: key.kid as string }))).toBe(false);
    expect(isKept(key, await importKey(nameless as JWK))).toBe(false);
    expect(isKept(key, await importKey(open as JWK, { algorithm: "PS256" }))).toBe(false);
  });

  it("is looked for among all of them", () => {
    const before = [secret("a"), secret("b"), secret("c")];
    const after = [secret("c"), secret("d"), secret("a")];
    expect(keepVerifiers(after, before).map((key) => before.findIndex((it) => includesKey([it], key)))).toEqual([
      2, -1, 0,
    ]);
  });

  it("signs by its own means", async () => {
    const key = await importKey(jwk);
    const [publicKey] = publicJwks(key).keys as [JWK];
    const options = { algorithm: "RS256", publicKey } as const;
    const down = await externalKey({ ...options, sign: () => Promise.reject(new Error("old credentials")) });
    const up = await externalKey({
      ...options,
      sign: async (input) => Buffer.from((await key[KEY].sign?.(Buffer.from(input).toString())) ?? "", "base64url"),
    });
    const [kept] = keepVerifiers([up], [down]) as [VerifyingKey];
    expect(includesKey([down], kept)).toBe(true);
    const token = await issueToken({ sub: "user-1" }, profileOf(kept));
    expect(await reasonFor(token, profileOf(down))).toBe("accepted");
  });
});
