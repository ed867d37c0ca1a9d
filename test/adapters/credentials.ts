import { randomUUID } from "node:crypto";
import { createApiKeys } from "../../src/api-keys/create.ts";
import { apiKeys } from "../../src/api-keys/credential.ts";
import { AuthError } from "../../src/core/errors.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken, type TokenProfile } from "../../src/core/token/profile.ts";
import { dpop } from "../../src/dpop/credential.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Credential } from "../../src/guard/credential.ts";
import type { Guard } from "../../src/guard/guard.ts";
import { ticket } from "../../src/one-time/ticket.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import type { Blocklist } from "../../src/stores/contract.ts";
import { memoryApiKeys } from "../../src/stores/memory/api-keys.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { memoryOneTimeStore } from "../../src/stores/memory/one-time.ts";
import { memoryProofs } from "../../src/stores/memory/proofs.ts";
import { clientKey, proofOf } from "../support/dpop.ts";

/** What of a request shows a credential. */
export interface Shown {
  /** Name and value in turn. */
  readonly headers?: readonly string[];
  /** The query, from its `?` on. */
  readonly query?: string;
  /** Gives the headers that are made for the one request that they come with. */
  readonly prove?: (method: string, path: string) => readonly string[];
}

type Show = () => Shown | Promise<Shown>;

/** One credential, as a column of the table has it. What it lacks leaves out the rows that need it. */
export interface Column {
  readonly guard: Guard;
  /** Shows a good credential of a user. Each call may make another one. */
  readonly good: (userId: string) => Shown | Promise<Shown>;
  /** What looks like one, and was made by somebody else. */
  readonly forged: Show;
  readonly expired: Show;
  /** What is refused for the expired one, where that can't be told from one that never was. */
  readonly expiredCode?: "invalid_token";
  /** What stands in its place and is nothing. */
  readonly nonsense: Show;
  /** What can't stand in its place (400). */
  readonly malformed?: Show;
  /** Two of this kind. */
  readonly twice: Show;
  /** Another credential that the guard takes, of another user. */
  readonly other?: Shown;
  /** A credential of a proof that is a minute old, and strong. */
  readonly fresh?: Show;
  /** Whether the guard has no blocklist, so that it answers without a promise where no rule has to be waited for. */
  readonly asksNobody?: boolean;
  /** Whether browsers send it whoever made the page. */
  readonly isAmbient?: boolean;
  /** The challenge where it is refused: of the Bearer scheme alone by default. */
  readonly challenge?: Challenge;
  /** The challenge where nothing was shown, or nobody knows what; the same by default. */
  readonly usual?: Challenge;
}

/** The scheme of the first challenge; its own parameters; the challenges behind it. */
interface Challenge {
  readonly scheme: string;
  readonly parameters?: string;
  readonly further?: string;
}

/** Who was logged out, whose lookup fails, and whose lookup never ends. */
export const REVOKED = "user-revoked";
export const LOST = "user-lost";
export const SLOW = "user-slow";

const HOUR = 3_600_000;
const anHourAgo = (): number => Date.now() - HOUR;
const keys = secretKey("a secret of thirty-two bytes, or more");
const otherKeys = secretKey("another secret of thirty-two bytes");
const ours = { keys, issuer: "https://ours.example.com", audience: "https://api.example.com" };
const theirs = { ...ours, keys: otherKeys, issuer: "https://theirs.example.com" };
const [ourToken, theirToken] = [defineToken(ours), defineToken(theirs)];

const issue = (profile: TokenProfile, userId = "user-1", more: object = {}): Promise<string> =>
  issueToken({ sub: userId, scope: "read", ...more }, profile);
const proven = { auth_time: Math.floor(Date.now() / 1_000) - 60, amr: ["otp"], acr: "gold" };

const inHeader = (token: string): Shown => ({ headers: ["Authorization", `Bearer ${token}`] });
const COOKIE = "__Host-access";
const inCookie = (...tokens: readonly string[]): Shown => ({
  headers: ["Cookie", ["theme=dark", ...tokens.map((token) => `${COOKIE}=${token}`)].join("; ")],
});

/** Everybody's blocklist: what becomes of a lookup goes by the user. */
const blocklist: Blocklist = {
  ...memoryBlocklist(),
  isRevoked: async ({ userId }) => {
    if (userId === LOST) throw new Error("connection refused: secret-host:5432");
    if (userId === SLOW) return new Promise<never>(() => {});
    return userId === REVOKED;
  },
};
/** What answers at all here does so before any timer, so that the limits can be short: each row that hangs takes one. */
const limits = { blocklist, storeTimeoutMs: 20, requestTimeoutMs: 30, onOutage: () => {} };
const guardOf = (...credentials: readonly Credential[]): Guard => createGuard({ credentials, ...limits });

const cookie = cookieToken(ourToken);
const otherCookie = inCookie(await issue(ourToken, "user-2"));

const inAuthorization = {
  nonsense: () => inHeader("nonsense"),
  malformed: () => inHeader("a b"),
};

const oneToken: Column = {
  guard: createGuard({ token: ourToken, ...limits }),
  good: async (userId) => inHeader(await issue(ourToken, userId)),
  forged: async () => inHeader(await issue(defineToken({ ...ours, keys: otherKeys }))),
  expired: async () => inHeader(await issue(defineToken({ ...ours, now: anHourAgo }))),
  twice: async () => ({
    headers: [...(inHeader(await issue(ourToken)).headers ?? []), ...(inHeader("x").headers ?? [])],
  }),
  fresh: async () => inHeader(await issue(ourToken, "user-1", proven)),
  ...inAuthorization,
};

const atOnce: Column = {
  ...oneToken,
  guard: createGuard({ token: ourToken, requestTimeoutMs: 30, onOutage: () => {} }),
  asksNobody: true,
};

const twoIssuers: Column = {
  ...oneToken,
  guard: guardOf(bearer([ourToken, theirToken]), cookie),
  good: async (userId) => inHeader(await issue(theirToken, userId)),
  forged: async () => inHeader(await issue(defineToken({ ...theirs, keys }))),
  expired: async () => inHeader(await issue(defineToken({ ...theirs, now: anHourAgo }))),
  fresh: async () => inHeader(await issue(theirToken, "user-1", proven)),
  other: otherCookie,
};

const tokenInCookie: Column = {
  guard: guardOf(cookie, bearer(ourToken)),
  good: async (userId) => inCookie(await issue(ourToken, userId)),
  forged: async () => inCookie(await issue(defineToken({ ...ours, keys: otherKeys }))),
  expired: async () => inCookie(await issue(defineToken({ ...ours, now: anHourAgo }))),
  nonsense: () => inCookie("nonsense"),
  twice: async () => inCookie(await issue(ourToken), await issue(ourToken, "user-2")),
  fresh: async () => inCookie(await issue(ourToken, "user-1", proven)),
  other: inHeader(await issue(ourToken, "user-2")),
  isAmbient: true,
};

/** A credential of the application's own, in a header and a scheme of its own: `X-Signature: user-1;good`. */
const signature: Credential = {
  name: "signature",
  place: "x-signature",
  challenge: { scheme: "Signature", parameters: { keys: 'https://api.example.com/"keys"' } },
  read(request) {
    const text = request.header("x-signature");
    if (text !== null && !/^[\w-]*;[\w-]*$/.test(text)) throw new AuthError("invalid_request");
    return text;
  },
  async verify(shown) {
    const [userId = "", state] = shown.split(";");
    if (state === "expired") throw new AuthError("expired");
    if (state !== "good" && state !== "fresh") throw new AuthError("invalid_token");
    const proof = state === "fresh" ? { authenticatedAt: Date.now() - 60_000, acr: "silver" } : {};
    return { userId, claims: {}, scopes: ["read"], revocation: { jti: null, issuedAt: new Date() }, ...proof };
  },
};
const signedBy = (text: string): Shown => ({ headers: ["X-Signature", text] });
const KEYS = ', keys="https://api.example.com/\\"keys\\""';

const ownBesideCookie: Column = {
  guard: guardOf(cookie, signature),
  good: (userId) => signedBy(`${userId};good`),
  forged: () => signedBy("user-1;forged"),
  expired: () => signedBy("user-1;expired"),
  nonsense: () => signedBy(";"),
  malformed: () => signedBy("user-1"),
  twice: () => ({ headers: ["X-Signature", "user-1;good", "x-signature", "user-2;good"] }),
  fresh: () => signedBy("user-1;fresh"),
  other: otherCookie,
  challenge: { scheme: "Signature", parameters: KEYS, further: ', Bearer realm="api"' },
  usual: { scheme: "Bearer", further: `, Signature realm="api"${KEYS}` },
};

const { other: _, usual: __, ...own } = ownBesideCookie;
const ownAlone: Column = {
  ...own,
  guard: guardOf(signature),
  challenge: { scheme: "Signature", parameters: KEYS },
};

const clientKeys = clientKey();
const origin = "https://api.example.com"; // Requests go to another one, which nobody looks at.
const bound = dpop(ourToken, { origin, proofs: memoryProofs() });
const cnf = { jkt: clientKeys.jkt };
const inDpop = (token: string): Shown => ({
  headers: ["Authorization", `DPoP ${token}`],
  prove: (method, path) => {
    const iat = Math.floor(Date.now() / 1_000);
    return ["DPoP", proofOf(clientKeys, { method, url: origin + path, token, iat })];
  },
});
const ALGS = ', algs="ES256 Ed25519 EdDSA ES384 ES512 PS256 RS256"';

const boundAlone: Column = {
  guard: guardOf(bound),
  good: async (userId) => inDpop(await issue(ourToken, userId, { cnf })),
  forged: async () => inDpop(await issue(defineToken({ ...ours, keys: otherKeys }), "user-1", { cnf })),
  expired: async () => inDpop(await issue(defineToken({ ...ours, now: anHourAgo }), "user-1", { cnf })),
  nonsense: () => inDpop("nonsense"),
  malformed: () => inDpop("a b"),
  twice: async () => ({
    headers: ["Authorization", `DPoP ${await issue(ourToken, "user-1", { cnf })}`, "Authorization", "DPoP x"],
  }),
  fresh: async () => inDpop(await issue(ourToken, "user-1", { cnf, ...proven })),
  challenge: { scheme: "DPoP", parameters: ALGS },
};

const boundBesideOthers: Column = {
  ...boundAlone,
  guard: guardOf(bearer(ourToken), bound, cookie),
  other: otherCookie,
  challenge: { scheme: "DPoP", parameters: ALGS, further: ', Bearer realm="api"' },
  usual: { scheme: "Bearer", further: `, DPoP realm="api"${ALGS}` },
};

const oneTime = { store: memoryOneTimeStore(), purpose: "socket", lifetime: "30s" } as const;
const tickets = createOneTimeTokens(oneTime);
const inQuery = (...tokens: readonly string[]): Shown => ({
  query: `?${tokens.map((it) => `ticket=${it}`).join("&")}`,
});
const issueTicket = async (userId: string, from = tickets): Promise<string> => (await from.issue(userId)).token;

const inTicket: Column = {
  guard: guardOf(ticket(tickets, { identity: () => ({ scopes: ["read"] }) }), cookie),
  good: async (userId) => inQuery(await issueTicket(userId)),
  forged: async () => inQuery(await issueTicket("user-1", createOneTimeTokens({ ...oneTime, purpose: "reset" }))),
  expired: async () => inQuery(await issueTicket("user-1", createOneTimeTokens({ ...oneTime, now: anHourAgo }))),
  expiredCode: "invalid_token",
  nonsense: () => inQuery("nonsense"),
  twice: async () => inQuery(await issueTicket("user-1"), await issueTicket("user-2")),
  other: otherCookie,
};

const store = memoryApiKeys();
const keyOptions = { store, prefix: "acme_live" };
const serviceKeys = createApiKeys(keyOptions);
const createKey = async (from: typeof serviceKeys, userId: string, expiresAt: Date | null = null): Promise<string> => {
  const created = await from.create({ userId, scopes: ["read"], expiresAt });
  return created?.key as string;
};
/** The keys of each user are made once: a user has so many and no more. */
const keyOf = new Map<string, string>();
for (const userId of ["user-1", REVOKED, LOST, SLOW]) keyOf.set(userId, await createKey(serviceKeys, userId));
const oldKey = await createKey(
  createApiKeys({ ...keyOptions, now: anHourAgo }),
  `user-${randomUUID()}`,
  new Date(Date.now() - HOUR / 2),
);
const foreignKey = await createKey(createApiKeys({ ...keyOptions, store: memoryApiKeys() }), "user-1");
const inKey = (userId: string): Shown => inHeader(keyOf.get(userId) as string);

const apiKey: Column = {
  guard: guardOf(bearer(ourToken), apiKeys(serviceKeys), cookie),
  good: inKey,
  forged: () => inHeader(foreignKey),
  expired: () => inHeader(oldKey),
  twice: () => ({ headers: [...(inKey("user-1").headers ?? []), ...(inHeader(foreignKey).headers ?? [])] }),
  other: otherCookie,
  ...inAuthorization,
  nonsense: () => inHeader("acme_live_nonsense"),
};

/** The columns of the table. A further credential is one more. */
export const COLUMNS: Readonly<Record<string, Column>> = {
  "a Bearer token": oneToken,
  "a Bearer token that nobody is asked about": atOnce,
  "a Bearer token of another issuer": twoIssuers,
  "a token in a cookie": tokenInCookie,
  "a credential of the application's own": ownAlone,
  "the same beside a cookie": ownBesideCookie,
  "a ticket": inTicket,
  "an API key": apiKey,
  "a token that is bound to a key": boundAlone,
  "the same beside others": boundBesideOthers,
};
