import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readStatus, readStatuses, type Statuses, writeStatuses } from "../../src/status-list/bits.ts";

const MEGABYTE = 1_048_576;

interface Vector {
  readonly bits: Statuses["bits"];
  readonly lst: string;
  readonly statuses: readonly (readonly [index: number, status: number])[];
}

/** Appendix C of draft-ietf-oauth-status-list-21: lists of 2^20 statuses, most of which are 0. */
const VECTORS: Readonly<Record<string, Vector>> = JSON.parse(
  readFileSync(join(import.meta.dirname, "status-lists.json"), "utf8"),
);

describe("draft-ietf-oauth-status-list-21", () => {
  it.each([
    { bits: 1, lst: "eNrbuRgAAhcBXQ", statuses: [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1] },
    { bits: 2, lst: "eNo76fITAAPfAgc", statuses: [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3] },
  ] as const)("§4: a list of $bits bits", async ({ bits, lst, statuses }) => {
    const read = await readStatuses({ bits, lst }, MEGABYTE);
    expect(statuses.map((_, index) => readStatus(read, index))).toEqual(statuses);
    expect(readStatus(read, statuses.length)).toBeNull();
    expect(await writeStatuses(read)).toEqual({ bits, lst });
  });

  it.each(Object.entries(VECTORS))("appendix %s", async (_name, { bits, lst, statuses }) => {
    const read = await readStatuses({ bits, lst }, MEGABYTE);
    expect(read.bytes).toHaveLength((2 ** 20 * bits) / 8);
    const known = new Map(statuses);
    const wrong: number[] = [];
    for (let index = 0; index < 2 ** 20; index += 1) {
      if (readStatus(read, index) !== (known.get(index) ?? 0)) wrong.push(index);
    }
    expect(wrong).toEqual([]);
    expect(readStatus(read, 2 ** 20)).toBeNull();
    // Two compressors may write the same bytes in two ways.
    const written = await writeStatuses(read);
    expect(inflateSync(Buffer.from(written.lst, "base64url")).equals(read.bytes)).toBe(true);
    expect(written.lst.length).toBeLessThan(lst.length * 1.2);
  });

  it.each<readonly [unknown, RegExp]>([
    [undefined, /bits must be 1, 2, 4 or 8/],
    [null, /bits must be/],
    [[1], /bits must be/],
    [{ bits: 3, lst: "eNrbuRgAAhcBXQ" }, /bits must be/],
    [{ bits: "1", lst: "eNrbuRgAAhcBXQ" }, /bits must be/],
    [{ bits: 1 }, /lst must be base64url/],
    [{ bits: 1, lst: 7 }, /lst must be base64url/],
    [{ bits: 1, lst: "eNrbuRgAAhcBXQ==" }, /lst must be base64url/],
    [{ bits: 1, lst: "eNrbuRgAAhcBXQ\u{1f511}" }, /lst must be base64url/],
    [{ bits: 1, lst: "" }, /is no zlib stream/],
    [{ bits: 1, lst: "bm90IHpsaWI" }, /is no zlib stream/],
    [{ bits: 1, lst: "eNrbuRgAAhcBXA" }, /is no zlib stream/], // its checksum is another one's
    [{ bits: 1, lst: "eNrbuRgA" }, /is no zlib stream/],
  ])("no list is %j", async (written, why) => {
    await expect(readStatuses(written, MEGABYTE)).rejects.toThrow(why);
  });
});

it.each([undefined, null, 7, {}, { bits: 3, lst: "" }, { bits: "1", lst: "eNrbuRgAAhcBXQ" }])(
  "%j has no number of bits",
  async (written) => {
    await expect(readStatuses(written, MEGABYTE)).rejects.toThrow("status_list.bits must be 1, 2, 4 or 8");
  },
);

it.each([undefined, 7, "é", "a+b", "eNrbuRgAAhcBXQ=="])("%j is no list in base64url", async (lst) => {
  await expect(readStatuses({ bits: 1, lst }, MEGABYTE)).rejects.toThrow("status_list.lst must be base64url");
});
