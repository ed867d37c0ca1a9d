import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { DeletionOptions } from "../../../src/stores/postgres.ts";
import { postgresUrl } from "../../support/servers/postgres-url.ts";
import { type Deleting, fill, listLeft, scheduledBy } from "../scheduled.ts";
import { postgresStores, useTables } from "./databases.ts";

const HOUR = 3_600_000;
const ALL = ["refresh", "blocklist", "oneTime", "apiKeys", "proofs"];

describe.skipIf(postgresUrl === null)("stores of a process whose clock is wrong", () => {
  const opened = useTables();
  let stores: Deleting;
  const make = (more: DeletionOptions = {}) => postgresStores({ client: opened.pool, tables: opened.tables, ...more });
  beforeAll(() => {
    stores = make();
  });
  afterEach(() => void vi.restoreAllMocks());
  const setAhead = (hours: number): void => {
    const real = Date.now.bind(Date);
    vi.spyOn(Date, "now").mockImplementation(() => real() + hours * HOUR);
  };

  it("delete by themselves nothing that still counts by the server's clock", async () => {
    const now = Date.now();
    await fill(stores, "past", new Date(now - HOUR));
    await fill(stores, "margin", new Date(now - 30_000));
    await fill(stores, "living", new Date(now + HOUR));
    await stores.refresh.endSessions("ended", new Date(now));
    await stores.refresh.endSessions("long-ended", new Date(now - 25 * HOUR));
    setAhead(26);
    await scheduledBy(() => make({ deleteExpired: { every: "10m" } }))();
    vi.restoreAllMocks();
    expect(await listLeft(stores, "past")).toEqual([]);
    expect(await listLeft(stores, "margin")).toEqual(ALL);
    expect(await listLeft(stores, "living")).toEqual(ALL);
    expect([await stores.refresh.endings("ended"), await stores.refresh.endings("long-ended")]).toEqual([1, 0]);
  });

  it("delete by themselves nothing that still counts by a clock that is behind", async () => {
    await fill(stores, "behind", new Date(Date.now() - HOUR));
    setAhead(-2);
    await scheduledBy(() => make({ deleteExpired: { every: "10m" } }))();
    vi.restoreAllMocks();
    expect(await listLeft(stores, "behind")).toEqual(ALL);
  });
});
