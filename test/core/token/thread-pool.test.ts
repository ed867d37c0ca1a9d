import { describe, expect, it } from "vitest";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import { KEY } from "../../../src/core/keys/key.ts";
import { keyRing } from "../../../src/core/keys/ring.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { verifyToken } from "../../../src/core/token/verify.ts";
import { createGuard } from "../../../src/guard/create.ts";
import { keyFor } from "../../support/keys.ts";
import { NOW, profileOf, reasonFor, SECRET } from "../../support/tokens.ts";

describe.each(["RS256", "PS256", "ES256", "Ed25519"] as const)("%s in the thread pool", async (algorithm) => {
  const key = await importKey(await keyFor(algorithm));
  const onTheSpot = profileOf(key);
  const inPool = profileOf(key, { threadPool: true, cacheSize: 0 });
  const token = await issueToken({ sub: "user-1" }, onTheSpot);

  it("gives the answers of a check on the spot", async () => {
    const [header = "", payload = "", signature = ""] = token.split(".");
    const other = await issueToken({ sub: "user-2" }, onTheSpot);
    const twins = [
      token,
      `${header}.${payload}.${other.split(".")[2]}`,
      `${header}.${other.split(".")[1]}.${signature}`,
      `${header}.${payload}.AAAA`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}.`,
      "no token",
    ];
    for (const twin of twins) expect(await reasonFor(twin, inPool)).toBe(await reasonFor(twin, onTheSpot));
    expect(await reasonFor(token, inPool)).toBe("accepted");
    expect(await verifyToken(token, inPool)).toEqual(await verifyToken(token, onTheSpot));
  });

  it("refuses what is no text, and guards by itself", async () => {
    for (const none of [undefined, null, 7, {}]) {
      await expect(verifyToken(none as never, inPool)).rejects.toMatchObject({ code: "invalid_token" });
    }
    const remembering = profileOf(key, { threadPool: true });
    for (let again = 0; again < 3; again += 1) {
      expect((await createGuard({ token: remembering }).authenticate(`Bearer ${token}`)).userId).toBe("user-1");
      expect((await verifyToken(token, remembering)).sub).toBe("user-1");
    }
  });

  it("checks many at once, each by its own bytes", async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => issueToken({ sub: `user-${n}` }, onTheSpot)));
    const damaged = tokens.map((text, at) => (at % 2 === 0 ? text : text.replace(/.{9}$/, "AAAAAAAAA")));
    const answers = await Promise.all(damaged.map((text) => reasonFor(text, inPool)));
    expect(answers.map((answer) => answer === "accepted")).toEqual(damaged.map((_, at) => at % 2 === 0));
  });

  it("leaves the event loop meanwhile", async () => {
    const order: string[] = [];
    const verified = verifyToken(token, inPool).then(() => order.push("verified"));
    setImmediate(() => order.push("something else"));
    await verified;
    expect(order).toEqual(["something else", "verified"]);
  });

  it("goes by the time when the check is over", async () => {
    let now = NOW;
    const profile = profileOf(key, { threadPool: true, now: () => now });
    const verified = verifyToken(token, profile);
    now += 901_000;
    await expect(verified).rejects.toMatchObject({ code: "expired" });
  });

  it("is spared a token that is cached", async () => {
    const profile = profileOf(key, { threadPool: true });
    for (let time = 0; time < 2; time += 1) await verifyToken(token, profile);
    const order: string[] = [];
    const recalled = verifyToken(token, profile).then(() => order.push("recalled"));
    setImmediate(() => order.push("something else"));
    await recalled;
    expect(order).toEqual(["recalled"]);
  });
});

it("tries the keys of a ring in turn, secrets among them on the spot", async () => {
  const [first, second] = await Promise.all([1, 2].map(async () => importKey(await generateKey("Ed25519"))));
  const secret = secretKey(SECRET);
  const ring = keyRing(secret, first as never, second as never);
  const profile = profileOf(ring, { threadPool: true });
  for (const key of [first, second, secret]) {
    const token = await issueToken({ sub: "user-1" }, profileOf(key as typeof secret));
    expect((await verifyToken(token, profile)).sub).toBe("user-1");
  }
  expect(secret[KEY].verifyInPool).toBeUndefined();
});
