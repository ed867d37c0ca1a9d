import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { handleStatusList } from "../../../src/adapters/adapter.ts";
import { isAuthError } from "../../../src/core/errors.ts";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import { createStatusList, type StatusList, statusLists } from "../../../src/status-list.ts";
import { memoryStatusListStore } from "../../../src/stores/memory/status-list.ts";
import { type Answer, exchange } from "../exchange.ts";
import { PUBLISHERS } from "../status-list-apps.ts";

const keys = await importKey(await generateKey("ES256"));

describe.each(Object.entries(PUBLISHERS))("%s", (_name, start) => {
  let server: Server;
  let statusList: StatusList;
  let isDown = false;
  let aheadMs = 0;
  const store = memoryStatusListStore();

  beforeAll(async () => {
    // Only a server knows its port, and only the lists' URI is told to others.
    const standIn: { list: StatusList | null } = { list: null };
    const later = { uri: "", publish: (list: number) => (standIn.list as StatusList).publish(list) };
    server = await start(later as unknown as StatusList);
    statusList = createStatusList({
      uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/statuslists`,
      keys,
      store: { ...store, read: (...args) => (isDown ? Promise.reject(new Error("boo")) : store.read(...args)) },
      size: 64,
      now: () => Date.now() + aheadMs,
      onOutage: () => undefined,
    });
    standIn.list = statusList;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const get = (path: string, headers: readonly string[] = [], method = "GET"): Promise<Answer> =>
    exchange(server, { path, headers, method });

  it("publishes a list that a verifier reads", async () => {
    const [good, revoked] = [await statusList.allocate(), await statusList.allocate()];
    await statusList.revoke(revoked);
    const lists = statusLists({ keys, lists: `${statusList.uri}/` });
    await lists.check({ status: statusList.claimOf(good) });
    const refusal = await Promise.resolve()
      .then(() => lists.check({ status: statusList.claimOf(revoked) }))
      .catch((error: unknown) => error);
    expect(isAuthError(refusal) && refusal.code).toBe("revoked");
  });

  it("lets caches keep it", async () => {
    const { status, headers, body } = await get("/statuslists/1?from=a-cache");
    expect(status).toBe(200);
    expect(body).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(headers["content-type"]).toMatch(/^application\/statuslist\+jwt(?:; charset=utf-8)?$/);
    expect(headers["cache-control"]).toBe("public, max-age=60");
    expect(headers.etag).toMatch(/^"[\w-]{43}"$/);
    expect(headers).not.toHaveProperty("set-cookie");
    const head = await get("/statuslists/1", [], "HEAD");
    expect([head.status, head.body, head.headers.etag]).toEqual([200, "", headers.etag]);
    expect(head.headers["content-type"]).toBe(headers["content-type"]);
  });

  it("answers 304 to who has it", async () => {
    const { etag = "" } = (await get("/statuslists/1")).headers;
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const { status, body, headers } = await get("/statuslists/1", ["If-None-Match", tag]);
      expect([status, body, headers.etag], tag).toEqual([304, "", etag]);
      expect(headers["cache-control"]).toBe("public, max-age=60");
    }
    for (const tag of ['"other"', "", etag.slice(1, -1)]) {
      expect((await get("/statuslists/1", ["If-None-Match", tag])).status, tag).toBe(200);
    }
  });

  it.each(["0", "2", "99999999", "999999999999", "one", "1.5", "-1", "1x", "%31x"])(
    "has no list of the number %s",
    async (number) => {
      const { status, headers } = await get(`/statuslists/${number}`);
      expect(status).toBe(404);
      expect(headers["cache-control"]).toBe("no-store");
    },
  );

  it("answers 405 to what does not read", async () => {
    const { status, headers } = await get("/statuslists/1", [], "DELETE");
    expect([status, headers.allow, headers["cache-control"]]).toEqual([405, "GET, HEAD", "no-store"]);
  });

  it("answers 503 where the list can't be read", async () => {
    await Promise.all(Array.from({ length: 64 }, () => statusList.allocate()));
    isDown = true;
    const { status, headers, body } = await get("/statuslists/2");
    isDown = false;
    expect([status, headers["retry-after"], headers["cache-control"]]).toEqual([503, "5", "no-store"]);
    expect(JSON.parse(body)).toEqual({ error: "unavailable", message: "Try again in a moment" });
    aheadMs += 1_000; // It is not asked again sooner.
    expect((await get("/statuslists/2")).status).toBe(200);
  });
});

it("is built of a status list, and of nothing else", async () => {
  const list = createStatusList({ uri: "https://auth.example/lists", keys, store: memoryStatusListStore() });
  expect(() => handleStatusList(undefined as never)).toThrow(/takes what createStatusList makes; it was given nothing/);
  expect(() => handleStatusList({ headers: {} } as never)).toThrow(
    /call statusList when the route is built: statusList\(list\)/,
  );
  expect(() => handleStatusList(list, ...([{}] as unknown as []))).toThrow(/was given an argument too many/);
  const request = { header: () => null, authRequest: () => "Bearer x", ip: () => undefined, hasBody: () => false };
  const asked = handleStatusList(list)({ ...request, body: () => undefined });
  await expect(asked).rejects.toThrow(/authRequest must tell the URL/);
});
