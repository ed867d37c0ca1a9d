import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { createGuard } from "../../src/guard/create.ts";
import { answerAtOnce } from "../../src/guard/immediate.ts";
import type { TokenReference } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { memoryRefreshStore } from "../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";
import { codeOf, PASSWORD, passwords, READER } from "../support/flow.ts";
import { CLAIMS, NOW, profileOf, signed } from "../support/tokens.ts";

/** A schema that makes of every claim somebody else's. */
const lying = (made: object) => ({
  "~standard": {
    version: 1,
    vendor: "test",
    validate: async (value: unknown) => ({ value: { ...(value as object), ...made } }),
  },
});
const SOMEBODY_ELSE = { sub: "user-2", scope: "admin", sid: "theirs", jti: "theirs", exp: 1, iat: 1 };
const hash = await passwords.hash(PASSWORD);

function houseOf(made: object) {
  const users = memoryUsers();
  users.add({ login: "reader", passwordHash: hash, user: { id: "user-1" } });
  users.add({ login: "other", passwordHash: hash, user: { id: "user-2" } });
  const options = { users, passwords, blocklist: memoryBlocklist({ now: () => NOW }) };
  const token = profileOf(undefined, { schema: lying(made) } as object);
  return { ...options, token, store: memoryRefreshStore() };
}

const bearer = ({ accessToken }: { readonly accessToken: string }): string => `Bearer ${accessToken}`;

describe("an identity is what was signed", () => {
  const header = `Bearer ${signed({ ...CLAIMS, sid: "mine", scope: "read", jti: "t" })}`;

  it("whatever the schema makes of it, while claims are what that made", async () => {
    const { token } = houseOf(SOMEBODY_ELSE);
    const identity = await createGuard({ token }).authenticate(header);
    const claims = { ...CLAIMS, jti: "t", sub: "user-2", scope: "admin", sid: "theirs" };
    expect(identity).toMatchObject({ userId: "user-1", scopes: ["read"], sid: "mine", claims });
    expect(Object.isFrozen(identity)).toBe(true);
  });

  it("also where the schema makes ids of another type, or drops them", async () => {
    for (const made of [
      { sub: 7, sid: 7, scope: ["admin"] },
      { sub: undefined, sid: undefined, scope: undefined },
    ]) {
      const { token } = houseOf(made);
      expect(await createGuard({ token }).authenticate(header)).toMatchObject({ userId: "user-1", scopes: ["read"] });
    }
  });

  it("and can't be made up by the schema", async () => {
    const { token } = houseOf(SOMEBODY_ELSE);
    const nobody = `Bearer ${signed({ ...CLAIMS, sub: undefined })}`;
    expect(await codeOf(createGuard({ token }).authenticate(nobody))).toBe("invalid_token");
    const plain = await createGuard({ token }).authenticate(`Bearer ${signed(CLAIMS)}`);
    expect([plain.sid, plain.scopes]).toEqual([null, []]);
  });

  it("in each way to verify", async () => {
    const pair = await importKey(await generateKey("Ed25519"));
    const own = { sub: "user-1", sid: "mine" };
    const pooled = profileOf(pair, { threadPool: true });
    const sent = `Bearer ${await issueToken(own, pooled)}`;
    expect(await createGuard({ token: pooled }).authenticate(sent)).toMatchObject({ userId: "user-1", sid: "mine" });
    const answer = answerAtOnce(createGuard({ token: profileOf() }), "authenticate");
    for (let time = 0; time < 3; time += 1) expect(answer?.(header)).toMatchObject({ userId: "user-1", sid: "mine" });
  });

  it("a token that names no user, or whose scope is a list, is refused with a cause that says so", async () => {
    const causeOf = async (claims: object): Promise<unknown> => {
      const refused = createGuard({ token: profileOf() }).authenticate(`Bearer ${signed({ ...CLAIMS, ...claims })}`);
      return refused.catch((error) => String(error.cause));
    };
    expect(await causeOf({ sub: undefined })).toBe("Error: sub is missing, expected a user's id");
    expect(await causeOf({ scope: ["read"] })).toBe('Error: scope is ["read"], expected scopes in a string');
  });
});

describe("revocation goes by what was signed, whatever the schema makes of it", () => {
  it("the blocklist is asked about the token itself", async () => {
    const asked: TokenReference[] = [];
    const { token, blocklist } = houseOf(SOMEBODY_ELSE);
    const isRevoked = async (reference: TokenReference): Promise<boolean> => {
      asked.push(reference);
      return false;
    };
    const guard = createGuard({ token, blocklist: { ...blocklist, isRevoked } });
    await guard.authenticate(`Bearer ${signed({ ...CLAIMS, sid: "mine", jti: "t" })}`);
    expect(asked).toEqual([{ jti: "t", sid: "mine", userId: "user-1", issuedAt: new Date(NOW) }]);
  });

  it("a log-out ends the session of who is asking", async () => {
    const made: { sub?: string; sid?: string } = {};
    const { store, ...options } = houseOf(made);
    const auth = createAuthenticator({ ...options, refresh: { store } });
    const [mine, theirs] = [await auth.login(READER), await auth.login({ ...READER, login: "other" })];
    Object.assign(made, { sub: "user-2", sid: (await auth.authenticate(bearer(theirs))).sid });
    await auth.logout(await auth.authenticate(bearer(mine)));
    expect(await codeOf(auth.authenticate(bearer(mine)))).toBe("revoked");
    expect(await codeOf(auth.refresh(mine.refreshToken))).toBe("invalid_refresh_token");
    expect(await codeOf(auth.authenticate(bearer(theirs)))).toBe("ok");
    expect(await codeOf(auth.refresh(theirs.refreshToken))).toBe("ok");
  });

  it("a log-out without sessions revokes the token of who is asking, until it ends", async () => {
    const revoked: unknown[] = [];
    const { store: _, ...options } = houseOf(SOMEBODY_ELSE);
    const revokeToken = async (...all: unknown[]): Promise<void> => void revoked.push(all);
    const auth = createAuthenticator({ ...options, blocklist: { ...options.blocklist, revokeToken } });
    await auth.logout(await auth.authenticate(`Bearer ${signed({ ...CLAIMS, jti: "t" })}`));
    expect(revoked).toEqual([["t", new Date(CLAIMS.exp * 1_000), "user-1"]]);
  });

  it("sessions and logoutEverywhere are of who is asking", async () => {
    const { store, ...options } = houseOf({ sub: "user-2" });
    const auth = createAuthenticator({ ...options, refresh: { store } });
    const [mine, theirs] = [await auth.login(READER), await auth.login({ ...READER, login: "other" })];
    const { userId, sid } = await auth.authenticate(bearer(mine));
    expect((await auth.sessions(userId)).map((session) => session.sid)).toEqual([sid]);
    await auth.logoutEverywhere(userId);
    expect(await codeOf(auth.authenticate(bearer(mine)))).toBe("revoked");
    expect(await codeOf(auth.authenticate(bearer(theirs)))).toBe("ok");
  });
});
