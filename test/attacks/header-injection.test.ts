import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { KEY } from "../../src/core/keys/key.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { keyRing } from "../../src/core/keys/ring.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { CLAIMS, encode, HEADER, profileOf, reasonFor, SECRET, signed } from "../support/tokens.ts";

const NO_KEY = /^invalid_token: (alg|kid) is ".*", expected (one of )?"/;
const NO_SIGNATURE = "invalid_token: the signature does not hold";

describe("keys that a token brings along", async () => {
  const mine = await importKey(await generateKey("ES256"), { kid: "mine" });
  const theirs = await importKey(await generateKey("ES256"), { kid: "mine" });
  const [jwk] = publicJwks(theirs).keys;

  it("are not looked at, nor fetched", async () => {
    let fetched = 0;
    const server = createServer((_req, res) => {
      fetched += 1;
      res.end(JSON.stringify({ keys: [jwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const token = await issueToken({ sub: "user-1" }, profileOf(theirs));
    const [, payload = ""] = token.split(".");
    for (const brought of [{ jwk }, { jku: url }, { x5u: url }, { x5c: ["MIIB"] }, { x5t: "AAAA" }, { jwk: null }]) {
      const input = `${encode({ alg: "ES256", typ: "at+jwt", kid: "mine", ...brought })}.${payload}`;
      const signature = await theirs[KEY].sign?.(input);
      expect(await reasonFor(`${input}.${signature}`, profileOf(theirs))).toBe("accepted");
      expect(await reasonFor(`${input}.${signature}`, profileOf(mine))).toBe(NO_SIGNATURE);
    }
    server.close();
    expect(fetched).toBe(0);
  });
});

describe("kid", () => {
  const ring = keyRing(secretKey(SECRET, { kid: "a" }), secretKey(`${SECRET}!`, { kid: "b" }));

  it.each([
    "../../../../dev/null",
    "/etc/passwd",
    "' OR 1=1 --",
    "a' UNION SELECT 'secret",
    "http://127.0.0.1/key",
    "__proto__",
    "constructor",
    "a\0",
    "A",
    "",
    "k".repeat(4_000),
  ])("only ever chooses among the keys given: %j", async (kid) => {
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, kid }), profileOf(ring))).toMatch(NO_KEY);
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, kid }, ""), profileOf(ring))).toMatch(NO_KEY);
  });

  it.each([null, 1, true, ["a"], { kid: "a" }])("must be a string: %j", async (kid) => {
    const reason = await reasonFor(signed(CLAIMS, { ...HEADER, kid }), profileOf(ring));
    expect(reason).toMatch(/^invalid_token: kid is .*, expected a string$/);
  });

  it("does not send a token to another key than it names", async () => {
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, kid: "a" }), profileOf(ring))).toBe("accepted");
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, kid: "b" }), profileOf(ring))).toBe(NO_SIGNATURE);
  });
});

describe("extensions", () => {
  it.each([
    { crit: [] },
    { crit: ["exp"], exp: 1 },
    { crit: ["b64"], b64: false },
    { crit: null },
    { crit: "b64" },
    { b64: true },
    { b64: false },
    { b64: null },
  ])("are refused: %j", async (extension) => {
    const reason = await reasonFor(signed(CLAIMS, { ...HEADER, ...extension }));
    expect(reason).toMatch(/^invalid_token: (crit|b64) is there, expected none/);
  });
});

describe("typ", () => {
  it.each(["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])("is one media type: %s", async (typ) => {
    expect(await reasonFor(signed(CLAIMS, { ...HEADER, typ }))).toBe("accepted");
  });

  it.each([undefined, null, "", "JWT", "rt+jwt", "at+jwt ", "text/at+jwt", 1, ["at+jwt"], { typ: "at+jwt" }])(
    "of another kind is refused: %j",
    async (typ) => {
      expect(await reasonFor(signed(CLAIMS, { ...HEADER, typ }))).toMatch(
        /^invalid_token: typ is .+, expected "at\+jwt"$/,
      );
    },
  );
});

describe("the memory of good headers", () => {
  it("is not for forgers to fill, nor a way around the check", async () => {
    const profile = profileOf();
    const bad = `${encode({ ...HEADER, x: 1 })}.${encode(CLAIMS)}.${"A".repeat(43)}`;
    for (let round = 0; round < 3; round += 1) expect(await reasonFor(bad, profile)).toBe(NO_SIGNATURE);
    for (let x = 0; x < 100; x += 1) {
      expect(await reasonFor(signed(CLAIMS, { ...HEADER, x }), profile)).toBe("accepted");
    }
    expect(await reasonFor(bad, profile)).toBe(NO_SIGNATURE);
  });
});
