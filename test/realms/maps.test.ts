import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { formatChallenge } from "../../src/core/http/challenge.ts";
import { protectedResource } from "../../src/core/http/protected-resource.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import { remoteKeys } from "../../src/remote/remote-keys.ts";
import { memoryOneTimeStore } from "../../src/stores/memory/one-time.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { createFakeIssuer } from "../../src/testing/issuer/create.ts";
import { mintToken } from "../../src/testing/token.ts";
import { profileOf } from "../support/tokens.ts";

const token = profileOf();

it("an empty list of bytes within claims is written as a full one is", async () => {
  const issued = await issueToken({ sub: "user-1", bytes: [new Uint8Array(0), new Uint8Array(1)] }, token);
  expect(decodeToken(issued).claims.bytes).toEqual([{}, { 0: 0 }]);
});

const tickets = createOneTimeTokens<unknown>({ store: memoryOneTimeStore(), purpose: "reset", lifetime: "1h" });

/** What a Map, or another thing whose contents are not in members, is passed to in the place of a plain object. */
const CALLS: Readonly<Record<string, (map: never) => unknown>> = {
  issueToken: (map) => issueToken(map, token),
  "issueToken, within a claim": (map) => issueToken({ sub: "user-1", roles: [{ of: map }, map] }, token),
  mintToken: (map) => mintToken(map, token),
  formatChallenge: (map) => formatChallenge(map),
  "remoteKeys, headers": (map) => remoteKeys("https://issuer.example/jwks", { headers: map }),
  "protectedResource, members": (map) => protectedResource({ resource: "https://api.example.com", members: map }),
  "tickets.issue, the data": (map) => tickets.issue("user-1", map),
  "tickets.issue, within the data": (map) => tickets.issue("user-1", { emails: map }),
  "createFakeIssuer, metadata": (map) => createFakeIssuer({ metadata: map }),
  "createFakeIssuer, headers": (map) => createFakeIssuer({ headers: map }),
};

describe.each(["new Map([['a', 'b']])", "new Set(['a'])", "new URLSearchParams('a=b')"])(
  "a plain object, and no %s,",
  (code) => {
    const values = [new Function(`return ${code}`)(), runInNewContext(code, { URLSearchParams })];

    it.each(Object.entries(CALLS))("is asked for by %s", async (_name, call) => {
      for (const value of values) {
        await expect((async () => call(value as never))()).rejects.toThrow(/plain object/);
      }
    });

    it("is what the application's claims are", async () => {
      for (const value of values) {
        const users = memoryUsers();
        users.add({ id: "user-1", login: "reader", passwordHash: null });
        const auth = createAuthenticator({ token, users, claims: () => value as never });
        const failing = auth.startSession({ id: "user-1" });
        await expect(failing).rejects.toMatchObject({
          code: "unavailable",
          cause: { message: expect.stringMatching(/plain object/) },
        });
      }
    });
  },
);

it("a fake issuer mints with plain objects alone", async () => {
  const issuer = await createFakeIssuer();
  const map = new Map() as never;
  await expect(issuer.mint(map)).rejects.toThrow(/plain object/);
  await expect(issuer.mint({}, { header: map })).rejects.toThrow(/plain object/);
  await expect(issuer.addKey("ES256", { members: map })).rejects.toThrow(/plain object/);
  await issuer.close();
});

it("what JSON writes in full is no loss beside an empty object", async () => {
  const claims = { none: {}, at: new Date(0), box: Object(1), of: Object.create(null) };
  const written = decodeToken(await issueToken(claims as never, token)).claims;
  expect(written).toMatchObject({ none: {}, at: "1970-01-01T00:00:00.000Z", box: 1, of: {} });
});
