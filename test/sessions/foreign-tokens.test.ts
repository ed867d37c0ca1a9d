import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken, type TokenProfile } from "../../src/core/token/profile.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Credential } from "../../src/guard/credential.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { introspected } from "../../src/introspection/credential.ts";
import { type TrustOptions, trustIssuer } from "../../src/remote/trust-issuer.ts";
import type { Blocklist } from "../../src/stores/contract.ts";
import { memoryRefreshStore } from "../../src/stores/memory/refresh.ts";
import { codeOf, houseOf, passwords, READER } from "../support/flow.ts";
import { runs } from "../support/thorough.ts";
import { NOW, profileOf, SECOND, SECRET, signed } from "../support/tokens.ts";

const ISSUER = "https://login.example/";
const HOUR = 3_600;
const key = await importKey(await generateKey("ES256"));
const secret = secretKey(SECRET);
const clock = { now: NOW };
const now = (): number => clock.now;
const own = profileOf(undefined, { now });

/** A profile of the issuer's tokens. */
const trusted = (options: Partial<TrustOptions> = {}): TokenProfile =>
  trustIssuer(ISSUER, { keys: key, audience: null, now, ...options } as TrustOptions);

/** A token of the issuer. */
const mint = (expiresIn: number, claims: object = {}): Promise<string> =>
  issueToken(
    { sub: "user-1", ...claims } as never,
    defineToken({ keys: key, issuer: ISSUER, audience: null, now, expiresIn }),
  );

/** A blocklist that forgets each entry at the instant that it was given, as a store may. */
function exactBlocklist(): Blocklist {
  const [ids, cuts] = [new Map<string, Date>(), new Map<string, readonly [Date, Date]>()];
  const isKept = (end: Date | undefined): boolean => end !== undefined && end.getTime() > clock.now;
  const revoke = (id: string, end: Date) => void ids.set(id, end);
  return {
    revokeToken: revoke,
    revokeSession: revoke,
    revokeUser: (userId, upTo, end) => void cuts.set(userId, [upTo, end]),
    isRevoked({ jti, sid, userId, issuedAt }) {
      const [upTo, end] = cuts.get(userId) ?? [];
      const isCut = upTo !== undefined && isKept(end) && issuedAt <= upTo;
      return isCut || [jti, sid].some((id) => id !== null && isKept(ids.get(id)));
    },
  };
}

function begin(credentials: readonly Credential[], blocklist: Blocklist | null = exactBlocklist()) {
  clock.now = NOW;
  const users = { findById: async () => null, findCredentials: async () => null };
  const refresh = { store: memoryRefreshStore() };
  const list = blocklist === null ? {} : { blocklist };
  return createAuthenticator({ token: own, users, passwords, refresh, credentials: credentials as never, ...list });
}

const ask = (guard: Guard, token: string): Promise<unknown> => codeOf(guard.authenticate(`Bearer ${token}`));

/** The seconds from one look at a token to the next. */
const PAUSE = runs(HOUR, 600);

/** What a guard says of a token for as long as it lives, every so often and in its last second. */
async function seen(guard: Guard, token: string, seconds: number): Promise<ReadonlySet<unknown>> {
  const codes = new Set<unknown>();
  for (let at = PAUSE; at < seconds; at += PAUSE) {
    clock.now = NOW + at * 1_000;
    codes.add(await ask(guard, token));
  }
  clock.now = NOW + seconds * 1_000 - 1;
  return codes.add(await ask(guard, token));
}

describe("a log-out reaches the tokens of another issuer to their end", () => {
  it.each<readonly [string, () => readonly Credential[], number]>([
    ["a list of profiles", () => [bearer([own, trusted()])], 48 * HOUR],
    ["a resolver", () => [bearer(async () => trusted())], 48 * HOUR],
    ["a maxAge", () => [bearer([own, trusted({ maxAge: "30d" })])], 30 * 24 * HOUR],
    ["a clockTolerance", () => [bearer([own, trusted({ clockTolerance: "5m" })])], 48 * HOUR + 300],
    [
      "another profile of our own",
      () => [bearer([own, defineToken({ keys: key, issuer: ISSUER, audience: null, now, expiresIn: "9d" })])],
      9 * 24 * HOUR,
    ],
  ])("by logoutEverywhere, with %s", async (_what, makeCredentials, seconds) => {
    const credentials = makeCredentials();
    const auth = begin(credentials);
    const tolerance = seconds % HOUR;
    const token = await mint(seconds - tolerance);
    expect(await ask(auth, token)).toBe("ok");
    await auth.logoutEverywhere("user-1");
    expect([...(await seen(auth, token, seconds))]).toEqual(["revoked"]);
    clock.now += 1;
    expect(await ask(auth, token)).toBe("expired");
  });

  it("by logoutEverywhere, with a resolver, for as long as clocks may differ", async () => {
    const auth = begin([bearer(async () => trusted({ clockTolerance: "5m" }))]);
    const most = 48 * HOUR - 600;
    expect(await ask(auth, await mint(most + 1))).toBe("invalid_token");
    const token = await mint(most);
    await auth.logoutEverywhere("user-1");
    expect([...(await seen(auth, token, most + 300))]).toEqual(["revoked"]);
  });

  it("by logout, for other tokens of the session than the one that was shown", async () => {
    const auth = begin([bearer([own, trusted()])]);
    const [shown, other] = [await mint(HOUR, { sid: "s-1" }), await mint(24 * HOUR, { sid: "s-1" })];
    await auth.logout(await auth.authenticate(`Bearer ${shown}`));
    expect([...(await seen(auth, other, 24 * HOUR))]).toEqual(["revoked"]);
  });

  it.each(["logout", "revokeAccessToken"] as const)("by %s, for as long as clocks may differ", async (verb) => {
    const auth = begin([bearer([own, trusted({ clockTolerance: "5m" })])]);
    const token = await mint(HOUR);
    await auth[verb]?.(await auth.authenticate(`Bearer ${token}`));
    clock.now = NOW + (HOUR + 300) * 1_000 - 1;
    expect(await ask(auth, token)).toBe("revoked");
    clock.now += 1;
    expect(await ask(auth, token)).toBe("expired");
  });

  it("by logout of a session, for as long as clocks may differ", async () => {
    const auth = begin([bearer([own, trusted({ clockTolerance: "5m", maxAge: "1h" })])]);
    const token = await mint(HOUR, { sid: "s-1" });
    await auth.logout(await auth.authenticate(`Bearer ${token}`));
    clock.now = NOW + (HOUR + 300) * 1_000 - 1;
    expect(await ask(auth, token)).toBe("revoked");
  });

  it.each(["logoutEverywhere", "logout"] as const)(
    "by %s, for two days where an endpoint is asked about them",
    async (verb) => {
      const fetch = async () =>
        Response.json({ active: true, iss: ISSUER, sub: "user-1", sid: "s-1", aud: "api", iat: SECOND });
      const client = { id: "api", secret: "a secret of thirty-two characters" };
      const options = {
        endpoint: "https://login.example/introspect",
        client,
        audience: "api",
        cacheFor: 0,
        now,
        fetch,
      };
      const auth = begin([
        bearer(own),
        introspected({ ...options, takes: (token: string) => token === "opaque" } as never),
      ]);
      const identity = await auth.authenticate("Bearer opaque");
      await (verb === "logout" ? auth.logout(identity) : auth.logoutEverywhere("user-1"));
      expect([...(await seen(auth, "opaque", 48 * HOUR))]).toEqual(["revoked"]);
    },
  );

  it.each([
    ["logout", null],
    ["logoutSession", null],
    ["logoutByRefreshToken", null],
    ["logoutSession", "https://api.example.com"],
  ] as const)(
    "by %s of a session of ours, for its tokens of another profile, where ours names %s",
    async (verb, issuer) => {
      const named = profileOf(undefined, { now, issuer });
      const download = profileOf(undefined, { now, typ: "download+jwt", expiresIn: "1d" });
      const house = houseOf({
        clock,
        blocklist: exactBlocklist(),
        more: { token: named, credentials: [bearer([named, download, trusted()])] as never },
      });
      clock.now = NOW;
      const { accessToken, refreshToken } = await house.auth.login(READER);
      const identity = await house.auth.authenticate(`Bearer ${accessToken}`);
      const token = await issueToken({ sub: "user-1", sid: identity.sid as string }, download);
      expect(await ask(house.auth, token)).toBe("ok");
      if (verb === "logout") await house.auth.logout(identity);
      else if (verb === "logoutSession") await house.auth.logoutSession("user-1", identity.sid as string);
      else await house.auth.logoutByRefreshToken(refreshToken);
      expect([...(await seen(house.auth, token, 24 * HOUR))]).toEqual(["revoked"]);
    },
  );

  it("and sessions of ours no longer than tokens of our issuer live", async () => {
    const ends: Date[] = [];
    const revokeSession: Blocklist["revokeSession"] = (_sid, end) => void ends.push(end);
    const more = { token: own, credentials: [bearer([own, trusted()])] as never };
    const house = houseOf({ clock, blocklist: { ...exactBlocklist(), revokeSession }, more });
    clock.now = NOW;
    await house.auth.logoutByRefreshToken((await house.auth.login(READER)).refreshToken);
    expect(ends).toEqual([new Date(NOW + 900_000)]);
  });

  it("and sessions of ours for as long as clocks may differ, and as the token that was shown lives", async () => {
    const ends: Date[] = [];
    const revokeSession: Blocklist["revokeSession"] = (_sid, end) => void ends.push(end);
    const token = profileOf(undefined, { now, clockTolerance: "60s" });
    const { auth } = houseOf({ clock, blocklist: { ...exactBlocklist(), revokeSession }, more: { token } });
    clock.now = NOW;
    await auth.logoutByRefreshToken((await auth.login(READER)).refreshToken);
    const long = await issueToken({ sub: "user-1", sid: "forgotten" }, token, { expiresIn: "1d" });
    await auth.logout(await auth.authenticate(`Bearer ${long}`));
    expect(ends).toEqual([new Date(NOW + 1_080_000), new Date(NOW + (24 * HOUR + 120) * 1_000)]);
  });

  it("and our own are remembered as long as before", async () => {
    const ends: Date[] = [];
    const revokeUser: Blocklist["revokeUser"] = (_userId, _upTo, end) => void ends.push(end);
    await begin([bearer(own)], { ...exactBlocklist(), revokeUser }).logoutEverywhere("user-1");
    expect(ends).toEqual([new Date(NOW + 900_000)]);
  });
});

describe("a token of another issuer that lives longer than a log-out is remembered", () => {
  const long = 48 * HOUR + 1;
  const cause = async (guard: Guard, token: string): Promise<string> =>
    guard.authenticate(`Bearer ${token}`).then(
      () => "let in",
      (error: { cause: Error }) => error.cause.message,
    );
  const blocklist = exactBlocklist();
  const one = (profile: TokenProfile) => createGuard({ token: profile, blocklist });
  const several = (profile: TokenProfile) => createGuard({ credentials: [bearer([own, profile])], blocklist });
  const tenants = (profile: TokenProfile) => createGuard({ credentials: [bearer(async () => profile)], blocklist });

  it.each([
    ["one profile", one],
    ["several", several],
  ] as const)("is refused by a guard with a blocklist, of %s, each time", async (_what, makeGuard) => {
    clock.now = NOW;
    const guard = makeGuard(trusted());
    const token = await mint(long);
    for (let times = 0; times < 3; times += 1) {
      expect(await cause(guard, token)).toBe(
        "it lives 172801 s, longer than the 172800 s of a log-out everywhere: give trustIssuer a maxAge",
      );
    }
    expect(await cause(guard, await mint(long - 1))).toBe("let in");
    expect(await cause(makeGuard(trusted({ maxAge: "3d" })), token)).toBe("let in");
  });

  it("is refused of a tenant also with a longer maxAge, which no authenticator knows beforehand", async () => {
    clock.now = NOW;
    const token = await mint(long);
    for (const maxAge of [{}, { maxAge: "3d" }] as const) {
      expect(await cause(tenants(trusted(maxAge)), token)).toMatch(/have its issuer shorten that$/);
    }
    expect(await cause(tenants(trusted({ maxAge: "2d" })), token)).toBe("let in");
    expect(await cause(tenants(trusted({ maxAge: "3d" })), await mint(long - 1))).toBe("let in");
  });

  it("is let in by a guard without one, and by one of our own profiles", async () => {
    clock.now = NOW;
    const token = await mint(long);
    expect(await cause(createGuard({ token: trusted() }), token)).toBe("let in");
    expect(await cause(createGuard({ credentials: [bearer([own, trusted()])] }), token)).toBe("let in");
    const ours = defineToken({ keys: key, issuer: ISSUER, audience: null, now });
    expect(await cause(one(ours), token)).toBe("let in");
    expect(await cause(several(ours), token)).toBe("let in");
  });

  it.each([
    ["one profile", one],
    ["several", several],
  ] as const)("without iat is refused while it has so long to live, of %s", async (_what, makeGuard) => {
    clock.now = NOW;
    const guard = makeGuard(trusted({ iat: "optional", keys: secret } as never));
    const undated = (exp: number): string => signed({ sub: "user-1", iss: ISSUER, exp: SECOND + exp });
    expect(await cause(guard, undated(long))).toMatch(/^it lives 172801 s/);
    expect(await cause(guard, undated(long - 1))).toBe("let in");
  });
});

describe("logout of an identity of another issuer's session", () => {
  it("says what to do where nothing can be stored", async () => {
    const auth = begin([bearer([own, trusted()])], null);
    const identity = await auth.authenticate(`Bearer ${await mint(HOUR, { sid: "s-1" })}`);
    await expect(auth.logout(identity)).rejects.toThrow(/^logout takes .* of another issuer's: give a blocklist/);
  });

  it("is no error for a session of our own that is over", async () => {
    const auth = begin([bearer([own, trusted()])], null);
    const token = await issueToken({ sub: "user-1", sid: "s-2" }, own);
    expect(await codeOf(auth.logout(await auth.authenticate(`Bearer ${token}`)))).toBe("ok");
  });
});
