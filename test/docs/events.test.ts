import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { ROOT, readBlocks } from "./pages.ts";

const PATH = "docs/guides/monitoring.md";
const TEXT = readFileSync(join(ROOT, PATH), "utf8");

/** What each event says, by its type, as the types of `src` have it. What all of them say is left out. */
function readEvents(): Record<string, string[]> {
  const file = join(ROOT, "src/events/event.ts");
  const program = ts.createProgram([file], { noLib: true, noResolve: true, strict: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file) as ts.SourceFile;
  const alias = source.statements.find((it) => ts.isTypeAliasDeclaration(it) && it.name.text === "AuthEvent");
  const events = checker.getTypeAtLocation(alias as ts.Node) as ts.UnionType;
  return Object.fromEntries(
    events.types.flatMap((event) => {
      const type = checker.getTypeOfSymbol(event.getProperty("type") as ts.Symbol);
      const literals = (type.isUnion() ? type.types : [type]) as ts.StringLiteralType[];
      const members = event.getProperties().map(({ name }) => name);
      const others = members.filter((name) => !["type", "version", "at"].includes(name)).sort();
      return literals.map(({ value }) => [value, others]);
    }),
  );
}

/** The rows of the page's table: type, members, and the term of OWASP. */
const ROWS = [...TEXT.matchAll(/^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \| .+ \| (?:`(\w+)`|none) \|$/gm)].map(
  ([, type = "", members = "", term = null]) => ({ type, members: members.match(/\w+/g)?.sort(), term }),
);

it("the table of events is the type AuthEvent", () => {
  const events = readEvents();
  expect(Object.keys(events).length).toBeGreaterThan(20);
  expect(Object.fromEntries(ROWS.map(({ type, members }) => [type, members]))).toEqual(events);
  expect(ROWS.length).toBe(Object.keys(events).length);
});

it("the table has the terms of OWASP that the example has", () => {
  const { code = "" } = readBlocks({ path: PATH, text: TEXT }).find(({ name }) => name === "owasp.ts") ?? {};
  const terms = [...code.matchAll(/^ {2}(\w+): (?:"(\w+)"|null),$/gm)].map(([, type, term = null]) => [type, term]);
  expect(Object.fromEntries(terms.slice(0, ROWS.length))).toEqual(
    Object.fromEntries(ROWS.map(({ type, term }) => [type, term])),
  );
});
