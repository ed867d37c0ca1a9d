import { expect, it } from "vitest";
import { ENTRIES } from "../../entries.ts";
import { describeSurface } from "./surface.ts";

it("what users import is what the report says; a change of it is written there by vitest -u", async () => {
  const paths = Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [nameOf(name), file]));
  await expect(describeSurface(paths)).toMatchFileSnapshot("surface.txt");
}, 60_000);

function nameOf(entry: string): string {
  return entry === "index" ? "hallpass" : `hallpass/${entry}`;
}
