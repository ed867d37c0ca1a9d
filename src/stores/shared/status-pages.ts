/**
 * A list is stored in pages, so that marking an index rewrites little, and reading a list costs the same however many
 * indices are marked. A page is written as hex, since not every client returns bytes unchanged.
 */
const PAGE_BYTES = 512;

/** How many indices are in a page. */
export const PAGE_INDICES: number = PAGE_BYTES * 8;

/** A page of a list. */
export interface StatusPage {
  readonly page: number;
  readonly hex: string;
}

/** Groups the indices to be marked by page, in the order of the pages. */
export function groupByPage(indices: readonly number[]): readonly StatusPage[] {
  const pages = new Map<number, Buffer>();
  for (const index of indices) {
    const page = Math.floor(index / PAGE_INDICES);
    const bytes = pages.get(page) ?? Buffer.alloc(PAGE_BYTES);
    pages.set(page, bytes);
    const at = Math.floor((index % PAGE_INDICES) / 8);
    bytes[at] = (bytes[at] as number) | (1 << (index % 8));
  }
  const all = [...pages].map(([page, bytes]) => ({ page, hex: bytes.toString("hex") }));
  return all.sort((one, other) => one.page - other.page);
}

/** Joins the marks of two pages. */
export function mergePages(known: string | undefined, hex: string): string {
  if (known === undefined) return hex;
  const [one, other] = [readPage(known), readPage(hex)];
  for (const [at, byte] of other.entries()) one[at] = (one[at] as number) | byte;
  return one.toString("hex");
}

/** Joins the pages of a list. Those that are missing have no marks. */
export function joinPages(pages: readonly (readonly [page: number, hex: string])[]): Uint8Array {
  const bytes = Buffer.alloc(pages.reduce((most, [page]) => Math.max(most, page + 1), 0) * PAGE_BYTES);
  for (const [page, hex] of pages) readPage(hex).copy(bytes, page * PAGE_BYTES);
  return bytes;
}

function readPage(hex: unknown): Buffer {
  const bytes = Buffer.from(String(hex), "hex");
  if (bytes.length !== PAGE_BYTES) throw new TypeError("the database gave a page of a status list that is none");
  return bytes;
}
