import { createHmac } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import express, { type ErrorRequestHandler } from "express";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { refresh as handleRefresh } from "../../src/adapters/express.ts";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { AuthError } from "../../src/core/errors.ts";
import { parseBearer } from "../../src/core/http/bearer.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { createMissingAddonError } from "../../src/core/password/missing-addon.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken, type IdentityMapping, type TokenOptions } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Guard } from "../../src/guard/guard.ts";
import type { Rule } from "../../src/guard/rule.ts";
import { where } from "../../src/guard/rules.ts";
import { ticket } from "../../src/one-time/ticket.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import type { Blocklist, UserStore } from "../../src/stores/contract.ts";
import { memoryBlocklist, memoryOneTimeStore, memoryRefreshStore, memoryUsers } from "../../src/stores/memory.ts";
import { cheapPasswords, mintToken } from "../../src/testing.ts";

const PAGE = readFileSync(join(import.meta.dirname, "../../docs/guides/troubleshooting.md"), "utf8");
/** The texts in the first column of the page's tables, in which `…` stands for anything. */
const LISTED = [...PAGE.matchAll(/^\| (?:\d{3} )?`([^`]+)` \|/gm)].map(([, text = ""]) => text);

const SECRET = "a secret of thirty-two bytes, or more";
const keys = secretKey(SECRET, { kid: "2026" });
const whole = { issuer: "https://api.example.com", audience: "https://api.example.com" };
const token = defineToken({ keys, ...whole });
const named = { iss: whole.issuer, aud: whole.audience, sub: "user-1" };
const lasting = { iat: Math.floor(Date.now() / 1_000), exp: Math.floor(Date.now() / 1_000) + 600 };
const onOutage = (): void => undefined;
const guard = createGuard({ token, onOutage });
const passwords = cheapPasswords();

const asked = (text: string, by: Guard = guard) => by.authenticate(`Bearer ${text}`);
const issued = (change: Partial<TokenOptions>) =>
  issueToken({ sub: "user-1" }, defineToken({ keys, ...whole, ...change }));
const strict = createGuard({ token: defineToken({ keys, ...whole, maxAge: "5m" }) });
const pages = createGuard({ credentials: [bearer(token), cookieToken(token)] });
const showing = (headers: Record<string, string>) => ({ method: "GET", url: "/", headers });
const mapping = (userId: NonNullable<IdentityMapping["userId"]>) =>
  createGuard({ token: defineToken({ keys, ...whole, identity: { userId } }) });
const judged = async (rule: Rule) => guard.authorize(await asked(await issued({})), rule);
const minutesFromNow = (minutes: number) => ({ at: new Date(Date.now() + minutes * 60_000) });
const answering = (isRevoked: Blocklist["isRevoked"]) =>
  createGuard({ token, blocklist: { ...memoryBlocklist(), isRevoked }, storeTimeoutMs: 20, onOutage });

const users = memoryUsers();
const open = (change: object = {}) =>
  createAuthenticator({
    token,
    users,
    passwords,
    refresh: { store: memoryRefreshStore(), cookie: {} },
    onOutage,
    ...change,
  });
const entering = (store: Partial<UserStore>, change: object = {}) =>
  open({ users: { ...users, ...store }, ...change }).login({ login: "reader", password: "correct horse" });

async function cutOff(): Promise<unknown> {
  const blocklist = memoryBlocklist();
  const auth = open({ blocklist });
  const compare: typeof passwords.compare = async (...given) => {
    await auth.logoutEverywhere("user-1");
    return passwords.compare(...given);
  };
  return open({ blocklist, passwords: { ...passwords, compare } }).login({
    login: "reader",
    password: "correct horse",
  });
}

async function crowd(): Promise<unknown> {
  const auth = open();
  const { refreshToken } = await auth.login({ login: "reader", password: "correct horse" });
  for (let nth = 0; nth < 8; nth += 1) await auth.refresh(refreshToken);
  return auth.refresh(refreshToken);
}

async function presentTwo(): Promise<unknown> {
  const auth = open();
  const input = { login: "reader", password: "correct horse" };
  return auth.refresh([(await auth.login(input)).refreshToken, (await auth.login(input)).refreshToken]);
}

/** Sends a request to a server, and throws what its handler refused it by. */
async function refresh(headers: Record<string, string>): Promise<never> {
  let refusal: unknown;
  const app = express();
  app.post("/refresh", handleRefresh(open()));
  const seeing: ErrorRequestHandler = (error, _req, res, _next) => {
    refusal = error;
    res.end();
  };
  app.use(seeing);
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/refresh`, { method: "POST", headers });
  server.close();
  throw refusal;
}

/** A token that another library made of claims that hallpass issues to nobody. */
function signedElsewhere(claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "at+jwt", kid: "2026" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", SECRET).update(signed).digest("base64url")}`;
}

/** Throws a mistake in the code as the cause of a refusal: of the two, the page lists the cause. */
async function mistaken(make: () => unknown): Promise<void> {
  try {
    make();
  } catch (cause) {
    throw new Error("the application ends", { cause });
  }
}

/** Finds nobody, and holds up the process for so many milliseconds. */
const findLate = (ms: number) => async () => {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return null;
};

const PROVOKED: Readonly<Record<string, () => Promise<unknown>>> = {
  "a scheme twice": () => asked("Bearer a.b.c"),
  "two tokens": () => asked("a.b.c d.e.f"),
  "two headers": () => guard.authenticate(["Bearer a.b.c", "Bearer d.e.f"]),
  "two headers in one": () => guard.authenticate("Basic YTpi, Bearer a.b.c"),
  "two credentials": async () =>
    pages.authenticate(showing({ authorization: "Bearer a.b.c", cookie: "__Host-access=d.e.f" })),
  "two cookies": async () => pages.authenticate(showing({ cookie: "__Host-access=a.b.c; __Host-access=d.e.f" })),
  "another scheme": () => guard.authenticate("Basic YTpi"),
  "an opaque token": () => asked("opaque"),
  "no value": () => asked("undefined"),
  "a JWE": () => asked("a.b.c.d.e"),
  "no signature": () => asked("a.b."),
  "no text": async () => verifyToken(parseBearer(undefined) as never, token),
  "a long token": () => asked("a".repeat(10_000)),
  "a changed token": async () => asked(`${(await issued({})).slice(0, -4)}AAAA`),
  "another algorithm": async () => asked(await issued({ keys: await importKey(await generateKey("Ed25519")) })),
  "another kid": async () => asked(await issued({ keys: secretKey("a".repeat(32), { kid: "2025" }) })),
  "another kind": async () => asked(await issued({ typ: "JWT" })),
  "another issuer": async () => asked(await issued({ issuer: "https://api.example.com/" })),
  "another audience": async () => asked(await issued({ audience: null })),
  "scopes in a list": () => asked(signedElsewhere({ ...named, ...lasting, scope: ["read"] })),
  "no user": async () => asked(await issueToken({}, token)),
  "no claim to map": async () =>
    asked(
      await issued({}),
      mapping(({ roles }) => (roles as string[]).join(" ")),
    ),
  "a claim of no user": async () =>
    asked(
      await issued({}),
      mapping(({ oid }) => oid),
    ),
  "a ticket twice": async () => {
    const tickets = createOneTimeTokens({ store: memoryOneTimeStore(), purpose: "socket", lifetime: "30s" });
    const upgrade = { method: "GET", url: `/?ticket=${(await tickets.issue("user-1")).token}`, headers: {} };
    const sockets = createGuard({ credentials: [ticket(tickets)] });
    await sockets.authenticate(upgrade);
    await sockets.authenticate(upgrade);
  },
  "other claims": async () =>
    asked(
      await issued({}),
      createGuard({ token: defineToken({ keys, ...whole, schema: z.object({ tenant: z.string() }) }) }),
    ),
  "an expired token": async () => asked(await mintToken({ sub: "user-1" }, token, minutesFromNow(-60))),
  "an old token": async () => asked(await mintToken({ sub: "user-1" }, token, minutesFromNow(-10)), strict),
  "a token to come": async () => asked(await issueToken({ sub: "user-1", nbf: Date.now() / 1_000 + 60 }, token)),
  "an issuer's clock ahead": async () => asked(await mintToken({ sub: "user-1" }, token, minutesFromNow(5)), strict),
  "no end": () => asked(signedElsewhere(named)),
  "an unreadable hash": async () =>
    entering({ findCredentials: async () => ({ user: { id: "user-1" }, passwordHash: "$2b$10$" }) }),
  "no null": () => entering({ findCredentials: async () => undefined as never }),
  "a log-out under way": cutOff,
  "no cookie": () => refresh({}),
  "two sessions": presentTwo,
  "another origin": () => refresh({ Origin: "https://other.example.com" }),
  "a slow store": async () =>
    asked(
      await issued({}),
      answering(() => new Promise(() => undefined)),
    ),
  "no time left": () => entering({ findCredentials: findLate(40) }, { requestTimeoutMs: 20 }),
  "a wrong answer": async () =>
    asked(
      await issued({}),
      answering(async () => 1 as never),
    ),
  "a predicate that forgot its answer": async () => judged(where(() => undefined as never)),
  "a rule that answers": async () => judged({ check: () => false as never }),
  "a credential that answers nothing": () =>
    createGuard({
      credentials: [{ name: "own", place: "own", read: () => "shown", verify: () => undefined as never }],
      onOutage,
    }).authenticate(null),
  "a client in a loop": crowd,
  "a Map for options": () => mistaken(() => createGuard(new Map() as never)),
  "no environment variable": () => mistaken(() => secretKey(undefined as never)),
  "a short secret": () => mistaken(() => secretKey("secret")),
  "an empty variable": () => guard.authenticate("Bearer "),
  "an object as text": () => asked(`${issued({})}`),
  "a colon": async () => guard.authenticate(`Bearer: ${await issued({})}`),
  "a promise": () =>
    open()
      .login(Promise.resolve({}) as never)
      .catch((cause) => Promise.reject({ cause })),
  "a code of nobody": () => mistaken(() => new AuthError("too_young" as never)),
  "no addon": async () => Promise.reject({ cause: createMissingAddonError(null) }),
};

/** Whether a text is one that the page lists. */
const fits = (listed: string, cause: string): boolean => {
  const parts = listed.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(cause);
};

describe("the causes in the guide to troubleshooting", () => {
  const causes = new Map<string, string>();

  beforeAll(async () => {
    users.add({ login: "reader", passwordHash: await passwords.hash("correct horse"), user: { id: "user-1" } });
    for (const [title, provoke] of Object.entries(PROVOKED)) {
      const error = await provoke().catch((refusal: { cause?: Error }) => refusal);
      causes.set(title, (error as { cause?: Error }).cause?.message ?? "no cause");
    }
  });

  it.each(Object.keys(PROVOKED))("tells of %s", (title) => {
    const cause = causes.get(title) ?? "";
    expect(
      LISTED.filter((listed) => fits(listed, cause)),
      cause,
    ).not.toEqual([]);
  });

  it("are causes that there are", () => {
    const texts = [...causes.values()];
    expect(LISTED.filter((listed) => !texts.some((cause) => fits(listed, cause)))).toEqual([]);
  });
});
