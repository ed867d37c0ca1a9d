import { describe, expect, it } from "vitest";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import { remoteKeys } from "../../src/remote/remote-keys.ts";
import { rotatingKeys } from "../../src/remote/rotating-keys.ts";
import { trustIssuer } from "../../src/remote/trust-issuer.ts";
import { frozenClock } from "../../src/testing/clock.ts";
import { profileOf, reasonFor } from "../support/tokens.ts";

const ISSUER = "https://login.example/";
const [known, unknown] = await Promise.all([1, 2].map(async () => importKey(await generateKey("ES256"))));

/** A profile of the issuer, whose keys are counted as they are fetched, half a minute after they were at hand. */
async function begin(isLoaded = true) {
  const clock = frozenClock();
  let loads = 0;
  const jwks = async () => {
    loads += 1;
    return publicJwks(known as never);
  };
  const profile = trustIssuer(ISSUER, { audience: null, jwks, now: clock.now });
  if (isLoaded) await profile.ready();
  clock.advance("1m");
  const before = loads;
  const mint = (issuer: string | null, key = unknown) =>
    issueToken({ sub: "user-1" }, defineToken({ keys: key as never, issuer, audience: null, now: clock.now }));
  return { profile, mint, clock, countLoads: () => loads - before };
}

describe("the keys of an issuer are asked for only of its own tokens", () => {
  it.each(["https://other.example/", "https://login.example", null])("and not for one of %s", async (issuer) => {
    for (const isLoaded of [true, false]) {
      const { profile, mint, countLoads } = await begin(isLoaded);
      const token = await mint(issuer);
      expect(await reasonFor(token, profile as never)).toMatch(
        /^invalid_token: iss is .*, expected "https:\/\/login.example\/"$/,
      );
      for (const guard of [
        createGuard({ token: profile }),
        createGuard({ credentials: [bearer([profile, profileOf()])] }),
      ]) {
        await expect(guard.authenticateToken(token)).rejects.toMatchObject({ code: "invalid_token" });
      }
      expect(countLoads()).toBe(0);
    }
  });

  it("but for one that names it", async () => {
    const { profile, mint, countLoads } = await begin();
    expect(await reasonFor(await mint(ISSUER), profile as never)).toMatch(/^invalid_token: kid is/);
    expect(countLoads()).toBe(1);
    const late = await begin(false);
    expect(await verifyToken(await late.mint(ISSUER, known), late.profile)).toMatchObject({ sub: "user-1" });
    expect(late.countLoads()).toBe(1);
  });

  it("and where a profile names no issuer, for any", async () => {
    const { mint, clock } = await begin();
    const keys = remoteKeys(async () => publicJwks(known as never), { now: clock.now });
    const any = defineToken({ keys, issuer: null, audience: null, now: clock.now });
    expect(await verifyToken(await mint("https://other.example/", known), any)).toMatchObject({ sub: "user-1" });
  });

  it("as it is with keys of one's own that are loaded", async () => {
    const { mint, clock } = await begin();
    let loads = 0;
    const load = () => {
      loads += 1;
      return known as never;
    };
    const profile = defineToken({
      keys: rotatingKeys({ load, now: clock.now }),
      issuer: ISSUER,
      audience: null,
      now: clock.now,
    });
    expect(await reasonFor(await mint("https://other.example/"), profile as never)).toMatch(/^invalid_token: iss is/);
    expect(loads).toBe(0);
  });
});
