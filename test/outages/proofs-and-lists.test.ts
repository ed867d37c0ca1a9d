import type { Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { dpop } from "../../src/dpop.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { readStatus, readStatuses } from "../../src/status-list/bits.ts";
import { createStatusList, type StatusReference } from "../../src/status-list.ts";
import { APPS } from "../adapters/apps.ts";
import { type Answer, exchange } from "../adapters/exchange.ts";
import { PUBLISHERS } from "../adapters/status-list-apps.ts";
import { clientKey, proofOf } from "../support/dpop.ts";
import { type House, houseOf } from "../support/flow.ts";
import {
  BACKENDS,
  closeBackend,
  OUTAGES,
  openBackend,
  sleep,
  TIME_LIMIT,
  timed,
  waitForRecovery,
} from "../support/outages.ts";
import { postgresUrl } from "../support/servers/postgres-url.ts";
import { redisUrl } from "../support/servers/redis-url.ts";
import { NOW, profileOf } from "../support/tokens.ts";

type Opened = Awaited<ReturnType<typeof openBackend>>;

interface Session {
  readonly access_token: string;
  readonly refresh_token: string;
}

const ORIGIN = "https://api.example.com";
const SIZE = 65_536;
const KEY = clientKey();
const keys = await importKey(await generateKey("ES256"));

/** One process of a service: its application over HTTP, and what it publishes. Sessions and users are of all processes. */
async function startNode({ stores }: Opened, clock: { now: number }, like?: House) {
  const onOutage = (): void => undefined;
  const now = (): number => clock.now;
  const store = stores.statusList;
  const lists = {
    uri: "https://auth.example/lists",
    keys,
    store,
    size: SIZE,
    now,
    storeTimeoutMs: TIME_LIMIT,
    onOutage,
  };
  const statusList = createStatusList(lists);
  const token = profileOf(undefined, { now });
  const bound = dpop(token, { origin: ORIGIN, proofs: stores.proofs, storeTimeoutMs: TIME_LIMIT });
  const more = { token, credentials: [bearer(token), bound], storeTimeoutMs: TIME_LIMIT } as never;
  const house = houseOf({ clock, refresh: { statusList, maxSessions: 10_000 }, more, ...(like && { like }) });
  const auth = house.auth as unknown as SessionAuthenticator;
  const [app, publisher] = await Promise.all([APPS["Fastify 5"]?.(auth), PUBLISHERS["Express 5"]?.(statusList)]);
  const [own, lent] = [app as Server, publisher as Server];

  const post = (path: string, body: object, headers: readonly string[] = []): Promise<Answer> =>
    exchange(own, {
      method: "POST",
      path,
      headers: ["Content-Type", "application/json", ...headers],
      body: JSON.stringify(body),
    });
  return {
    house,
    begin: (headers: readonly string[] = []) => post("/session", { id: "user-1", word: "sesame" }, headers),
    logOut: ({ access_token }: Session) => post("/logout", {}, ["Authorization", `Bearer ${access_token}`]),
    /** Shows a token with a proof, which may be one that was shown before. */
    show: (access_token: string, proof: string) =>
      exchange(own, { path: "/me", headers: ["Authorization", `DPoP ${access_token}`, "DPoP", proof] }),
    fetchList: () => exchange(lent, { path: "/statuslists/1" }),
    close: () => {
      for (const server of [own, lent]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

const statusOf = (answer: unknown): number => (answer as Answer).status;
const statuses = (answers: readonly unknown[]): number[] => [...new Set(answers.map(statusOf))].sort();
const sessionOf = ({ status, body }: Answer): Session => {
  expect(status, body).toBe(200);
  return JSON.parse(body) as Session;
};
const placeOf = ({ access_token }: Session): number => {
  const { status } = decodeToken(access_token).claims as unknown as { status: { status_list: StatusReference } };
  return status.status_list.idx;
};
async function isMarked({ status, body }: Answer, session: Session): Promise<boolean> {
  expect(status, body).toBe(200);
  const list = await readStatuses(decodeToken(body).claims.status_list, SIZE);
  return readStatus(list, placeOf(session)) === 1;
}

describe.skipIf(redisUrl === null || postgresUrl === null)("proofs and status lists", () => {
  describe.concurrent.each(Object.entries(BACKENDS))("of %s", (_name, backend) => {
    const { sequential } = it;
    const clock = { now: NOW };
    let opened: Opened;
    let node: Awaited<ReturnType<typeof startNode>>;
    /** The places that any process gave out. */
    const places: number[] = [];
    const begin = async (headers?: readonly string[]): Promise<Session> => {
      const session = sessionOf(await node.begin(headers));
      places.push(placeOf(session));
      return session;
    };
    const prove = (token: string): string =>
      proofOf(KEY, { url: `${ORIGIN}/me`, token, iat: Math.floor(clock.now / 1_000) });
    const beginBound = (): Promise<Session> =>
      begin(["DPoP", proofOf(KEY, { method: "POST", url: `${ORIGIN}/session`, iat: Math.floor(clock.now / 1_000) })]);
    /** Another process, which has no place and no list at hand. */
    const startOther = () => startNode(opened, clock, node.house);

    beforeAll(async () => {
      opened = await openBackend(backend);
      node = await startNode(opened, clock);
    }, 60_000);
    afterAll(async () => {
      node.close();
      await closeBackend(opened);
    });

    sequential.each(OUTAGES)("where %s", { timeout: 60_000 }, async (_what, breakDown, mend) => {
      const other = await startOther();
      const { access_token: token } = await beginBound();
      const [used, unused] = [prove(token), prove(token)];
      expect((await node.show(token, used)).status).toBe(200);
      const [kept, before, during] = [await begin(), await begin(), await begin()];
      expect((await node.logOut(before)).status).toBe(204);
      clock.now += 1_000;
      const published = await node.fetchList();
      expect([await isMarked(published, before), await isMarked(published, during)]).toEqual([true, false]);

      await breakDown(opened.place);
      clock.now += 10_000; // The list is due to be read again.
      const ten = Array.from({ length: 10 });
      const refused = await Promise.all([
        ...ten.map(() => timed(node.show(token, prove(token)))),
        timed(node.show(token, used)),
        timed(node.show(token, unused)),
        ...ten.map(() => timed(other.begin())),
        timed(other.fetchList()),
        timed(node.logOut(during)),
      ]);
      expect(statuses(refused)).toEqual([503]);
      // What is at hand goes on, and nobody waits for it any more.
      for (const answer of await Promise.all(ten.map(() => timed(node.fetchList())))) {
        expect(answer).toMatchObject({ status: 200, body: published.body });
        expect((answer as Answer).headers["cache-control"]).toMatch(/^public, max-age=[1-6]$/);
      }
      const started = performance.now();
      await Promise.all(ten.map(() => node.fetchList()));
      expect(performance.now() - started).toBeLessThan(TIME_LIMIT);

      await mend(opened.place);
      await waitForRecovery(async () => {
        clock.now += 1_000;
        const tried = await Promise.all([node.show(token, prove(token)), other.fetchList(), other.begin()]);
        if (tried[2].status === 200) places.push(placeOf(sessionOf(tried[2])));
        return tried.every(({ status }) => status === 200);
      });
      expect((await node.show(token, used)).status).toBe(401);
      // The server may have got it although nobody heard of it. Then it is used up.
      expect([200, 401]).toContain((await node.show(token, unused)).status);
      expect((await node.show(token, unused)).status).toBe(401);
      expect([204, 401]).toContain((await node.logOut(during)).status);
      for (const { fetchList } of [node, other]) {
        clock.now += 6_000; // A request has the list read again, and the next one gets it.
        await waitForRecovery(async () => isMarked(await fetchList(), during));
        const list = await fetchList();
        expect([await isMarked(list, before), await isMarked(list, kept)]).toEqual([true, false]);
      }
      for (let nth = 0; nth < 40; nth += 1) await begin(); // more than a process takes at a time
      expect(new Set(places).size).toBe(places.length);
      other.close();
    });

    sequential("are as they were told, where the server crashes under load", { timeout: 60_000 }, async () => {
      const other = await startOther();
      const { access_token: token } = await beginBound();
      const sessions = await Promise.all(Array.from({ length: 30 }, () => begin()));
      const proofs = sessions.map(() => prove(token));
      const shown = proofs.map((proof, nth) => sleep(nth % 8).then(() => node.show(token, proof)));
      const ended = sessions.map((session, nth) => sleep(nth % 8).then(() => node.logOut(session)));
      await sleep(4);
      await opened.place.server.kill();
      const [firsts, logOuts] = [await Promise.all(shown), await Promise.all(ended)];
      await opened.place.server.restart();
      await waitForRecovery(async () => (await node.show(token, prove(token))).status === 200);
      const again = await Promise.all(proofs.map((proof) => node.show(token, proof)));
      expect(firsts.filter(({ status }, nth) => status === 200 && again[nth]?.status !== 401)).toEqual([]);
      const list = await other.fetchList();
      for (const [nth, session] of sessions.entries()) {
        if (logOuts[nth]?.status === 204) expect(await isMarked(list, session)).toBe(true);
      }
      other.close();
    });
  });
});
