/** What the tests of copies and of their feeds share. */
import type { Blocklist, RevocationFeed, RevocationPage, TokenReference } from "../../../src/stores/contract.ts";
import { type PostgresBlocklistOptions, postgresBlocklist } from "../../../src/stores/postgres.ts";
import { type RedisBlocklistOptions, redisBlocklist } from "../../../src/stores/redis.ts";
import { replicatedBlocklist } from "../../../src/stores/replicated.ts";

export const later = (): Date => new Date(Date.now() + 3_600_000);
export const passing = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const reference = (jti: string): TokenReference => ({
  jti,
  sid: null,
  userId: "user-1",
  issuedAt: new Date(),
});

/** The ids that pages revoke. */
export const idsOf = (...pages: readonly RevocationPage[]): string[] =>
  pages.flatMap(({ revocations }) => revocations.map(({ id }) => id));

/** All pages from a cursor on, until there is no more. */
export async function allOf(feed: RevocationFeed, cursor: string | null): Promise<RevocationPage[]> {
  const page = await feed.read(cursor, 0);
  return page.more === true ? [page, ...(await allOf(feed, page.cursor))] : [page];
}

/** The feed of a blocklist that has one. */
export function feedOf(list: Blocklist): RevocationFeed {
  if (list.revocationFeed === undefined) throw new Error("it publishes nothing");
  return list.revocationFeed();
}

/** The feed of a blocklist of Redis, or of Postgres where it has a client. */
export function followed(options: RedisBlocklistOptions | PostgresBlocklistOptions): RevocationFeed {
  return feedOf("client" in options ? postgresBlocklist(options) : redisBlocklist(options));
}

/**
 * Starts a copy whose clock is an hour ahead, sets the clock right, and returns what the copy and its store say of one
 * token at each of some requests.
 */
export async function setRightAfterStart(
  store: Blocklist,
  token: TokenReference,
): Promise<readonly (readonly [isRevoked: boolean, wasAsked: boolean])[]> {
  let ahead = 3_600_000;
  let asked = 0;
  const isRevoked = (reference: TokenReference): boolean | Promise<boolean> => {
    asked += 1;
    return store.isRevoked(reference);
  };
  const now = (): number => Date.now() + ahead;
  const list = replicatedBlocklist({ store: { ...store, isRevoked }, maxStalenessMs: 40, now });
  await list.start();
  ahead = 0;
  const answers: (readonly [boolean, boolean])[] = [];
  const ask = async (): Promise<void> => {
    const before = asked;
    answers.push([await list.isRevoked(token), asked > before]);
  };
  await ask();
  for (let turn = 0; turn < 400 && answers.at(-1)?.[1] === true; turn += 1) {
    await passing(5);
    await ask();
  }
  for (let more = 0; more < 70; more += 1) await ask();
  list.stop();
  return answers;
}
