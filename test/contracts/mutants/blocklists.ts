import type { Blocklist } from "../../../src/stores/contract.ts";
import { memoryBlocklist } from "../../../src/stores/memory.ts";

const broken = (change: (list: Blocklist) => Partial<Blocklist>) => (): Blocklist => {
  const list = memoryBlocklist();
  return { ...list, ...change(list) };
};
const asked = (change: (token: Parameters<Blocklist["isRevoked"]>[0]) => object) =>
  broken((list) => ({ isRevoked: (token) => list.isRevoked({ ...token, ...change(token) }) }));
const spelled = (spell: (id: string) => string) =>
  broken((list) => ({
    revokeToken: (jti, ...rest) => list.revokeToken(spell(jti), ...rest),
    revokeSession: (sid, ...rest) => list.revokeSession(spell(sid), ...rest),
    revokeUser: (userId, ...rest) => list.revokeUser(spell(userId), ...rest),
    isRevoked: ({ jti, sid, userId, ...rest }) =>
      list.isRevoked({
        ...rest,
        jti: jti === null ? null : spell(jti),
        sid: sid === null ? null : spell(sid),
        userId: spell(userId),
      }),
  }));

/** Blocklists each of which breaks a promise. */
export const BROKEN_BLOCKLISTS: Readonly<Record<string, () => Blocklist>> = {
  "answers 1 and 0": broken((list) => ({ isRevoked: async (token) => Number(await list.isRevoked(token)) as never })),
  "revokes everything": broken(() => ({ isRevoked: () => true })),
  "forgets sessions": asked(() => ({ sid: null })),
  "forgets tokens": asked(() => ({ jti: null })),
  "forgets users": asked(() => ({ userId: "" })),
  "cuts a moment early": asked(({ issuedAt }) => ({ issuedAt: new Date(issuedAt.getTime() + 1) })),
  "cuts by the second": asked(({ issuedAt }) => ({
    issuedAt: new Date(Math.floor(issuedAt.getTime() / 1_000) * 1_000),
  })),
  "cuts whoever is asked about": broken((list) => ({
    isRevoked: (token) => list.isRevoked(token) || list.isRevoked({ ...token, jti: token.sid, sid: token.jti }),
  })),
  "takes no time for a late one": asked(({ issuedAt }) => ({
    issuedAt: Number.isNaN(issuedAt.getTime()) ? new Date(8.64e15) : issuedAt,
  })),
  "takes absent for the text null": asked(({ jti, sid }) => ({ jti: String(jti), sid: String(sid) })),
  "moves a cut back": broken((list) => {
    const cuts = new Map<string, Date>();
    return {
      revokeUser: (userId, issuedUpTo) => void cuts.set(userId, issuedUpTo),
      isRevoked: (token) => list.isRevoked(token) || !(token.issuedAt > (cuts.get(token.userId) ?? new Date(-8.64e15))),
    };
  }),
  "revokes no session with a user": broken((list) => ({
    revokeUser: (userId, issuedUpTo, expiresAt) => list.revokeUser(userId, issuedUpTo, expiresAt),
  })),
  "revokes one session with a user": broken((list) => ({
    revokeUser: (userId, issuedUpTo, expiresAt, sids = []) =>
      list.revokeUser(userId, issuedUpTo, expiresAt, sids.slice(0, 1)),
  })),
  "revokes all that a user ever gets, where sessions are named": broken((list) => ({
    revokeUser: (userId, issuedUpTo, expiresAt, sids = []) =>
      list.revokeUser(userId, sids.length > 0 ? new Date(8.64e15) : issuedUpTo, expiresAt, sids),
  })),
  "revokes sessions instead of a user": broken((list) => ({
    revokeUser: (userId, issuedUpTo, expiresAt, sids = []) =>
      sids.length > 0
        ? sids.forEach((sid) => void list.revokeSession(sid, expiresAt, userId))
        : list.revokeUser(userId, issuedUpTo, expiresAt),
  })),
  "says undefined for no cut": broken((list) => ({
    revokedUpTo: async (userId) => (await list.revokedUpTo?.(userId)) ?? (undefined as never),
  })),
  "says a cut by the second": broken((list) => ({
    revokedUpTo: async (userId) => {
      const cut = await list.revokedUpTo?.(userId);
      return cut === null || cut === undefined ? null : new Date(Math.floor(cut.getTime() / 1_000) * 1_000);
    },
  })),
  "says the cut that came last": broken((list) => {
    const cuts = new Map<string, Date>();
    return {
      revokeUser: (userId, issuedUpTo, ...rest) => {
        cuts.set(userId, issuedUpTo);
        list.revokeUser(userId, issuedUpTo, ...rest);
      },
      revokedUpTo: (userId) => cuts.get(userId) ?? null,
    };
  }),
  "says anybody's cut": broken((list) => {
    let latest: Date | null = null;
    return {
      revokeUser: (userId, issuedUpTo, ...rest) => {
        latest = issuedUpTo > (latest ?? new Date(0)) ? issuedUpTo : latest;
        list.revokeUser(userId, issuedUpTo, ...rest);
      },
      revokedUpTo: () => latest,
    };
  }),
  "forgets what was revoked twice": broken((list) => {
    const ends = new Map<string, number>();
    return {
      revokeToken: (jti, expiresAt) => void ends.set(jti, expiresAt.getTime()),
      isRevoked: (token) => list.isRevoked(token) || (ends.get(token.jti ?? "") ?? 0) > Date.now(),
    };
  }),
  "throws at what has ended": broken((list) => ({
    revokeToken: (jti, expiresAt) => {
      if (expiresAt.getTime() <= Date.now()) throw new Error("ended");
      list.revokeToken(jti, expiresAt, "");
    },
  })),
  "cuts ids off at a NUL": spelled((id) => id.split("\0")[0] ?? ""),
  "writes ids as UTF-8": spelled((id) => Buffer.from(id).toString()),
  "composes ids": spelled((id) => id.normalize("NFC")),
  "trims ids": spelled((id) => id.trim()),
  "says so before it is stored": broken((list) => ({
    revokeToken: (jti, expiresAt) => void setTimeout(() => list.revokeToken(jti, expiresAt, ""), 5),
  })),
};

/** One that breaks nothing, and can't say cuts. */
export const withoutCuts: () => Blocklist = broken(() => ({ revokedUpTo: undefined as never }));
