import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AuthError, type AuthErrorCode, REFUSALS } from "../../src/core/errors.ts";
import * as testing from "../../src/testing.ts";
import { ROOT, readBlocks, readPages } from "./pages.ts";

const read = (path: string): string => readFileSync(`${ROOT}/${path}`, "utf8");
const PAGES = readPages();
const CODES = Object.keys(REFUSALS) as AuthErrorCode[];

describe("the page of errors", () => {
  const sections = read("docs/errors.md")
    .split(/^## /m)
    .filter((section) => /^`\w+`\n/.test(section));

  it("has a heading for each code, in the order of the table", () => {
    expect(sections.map((section) => /^`(\w+)`/.exec(section)?.[1])).toEqual(CODES);
  });

  it.each(CODES)("tells how %s is answered", (code) => {
    const { status, message, headers } = new AuthError(code);
    const section = sections[CODES.indexOf(code)];
    const answered = Object.entries(headers).map(([name, value]) => `\n${name}: ${value}`);
    expect(section).toContain(
      `\`\`\`http\nHTTP/1.1 ${status}${answered.join("")}\n\n${JSON.stringify({ error: code, message })}\n\`\`\``,
    );
  });
});

it("the docstring of AuthErrorCode has the table's codes and statuses", () => {
  const rows = [...read("src/core/errors.ts").matchAll(/^ \* \| `(\w+)` \| (\d{3}) \|/gm)];
  expect(rows.map(([, code, status]) => [code, Number(status)])).toEqual(
    CODES.map((code) => [code, REFUSALS[code][0]]),
  );
});

it("the docstring of AuthErrorCode has the headers of each answer", () => {
  const cells = [...read("src/core/errors.ts").matchAll(/^ \* \| `\w+` \| \d{3} \| ([^|]*) \|/gm)].map(
    ([, cell]) => cell,
  );
  // What a call adds is told behind "with", and depends on the call.
  const told = cells.map((cell) => cell?.replace(/, with .*/, ""));
  const answered = CODES.map((code) => {
    const { "WWW-Authenticate": challenge, "Retry-After": seconds } = new AuthError(code).headers;
    if (challenge === undefined) return seconds === undefined ? "none" : `none, \`Retry-After: ${seconds}\``;
    const error = /error="(\w+)"/.exec(challenge)?.[1];
    return error === undefined ? "`realm` alone" : `\`${error}\``;
  });
  expect(told).toEqual(answered);
});

it("the home page has the speed of the page on speed", () => {
  const [, first, again] =
    /^\| \*\*hallpass\*\* \| \*\*(.+)\*\* \| \*\*(.+)\*\* \|$/m.exec(read("docs/speed.md")) ?? [];
  expect(read("docs/index.md")).toContain(
    `takes ${first} µs when it is first seen, and ${again} µs when it comes again.`,
  );
});

it.each(["README.md", "docs/public/llms.txt", "docs/guides/runtimes.md"])(
  "%s names the Nodes of package.json",
  (path) => {
    const { engines } = JSON.parse(read("package.json")) as { engines: { node: string } };
    const versions = engines.node.split(" || ").map((range) => /\d+(?:\.[1-9]\d*)?/.exec(range)?.[0]);
    expect(engines.node).toMatch(/ \|\| >=\d+$/);
    expect(/\bNode ([\d., ]+) (?:or|and) later/.exec(read(path))?.[1]).toBe(versions.join(", "));
  },
);

it("the walk of a schema names the claims that the flow needs", () => {
  const named = /FLOW_CLAIMS\b[^=]*= \[(.*)\];/.exec(read("src/core/token/verify.ts"))?.[1]?.match(/\w+/g) ?? [];
  expect(named).toContain("sub");
  const step = /^2\. The result is .*\n(?: .*\n)*/m.exec(read("docs/architecture/a-schema.md"))?.[0] ?? "";
  const told = /flow needs: ([^.]*)\./.exec(step)?.[1]?.match(/(?<=`)\w+(?=`)/g);
  expect(told).toEqual(named);
});

it("the guide to stores runs every contract that hallpass/testing exports", () => {
  const contracts = Object.keys(testing).filter((name) => name.endsWith("Contract"));
  expect(contracts.length).toBeGreaterThan(5);
  const guide = read("docs/guides/your-own-stores.md");
  expect(contracts.filter((name) => !guide.includes(` of ${name}(`))).toEqual([]);
});

it("the guide to testing has the behaviours of a fake issuer", () => {
  const rows = read("src/testing/issuer/behaviour.ts").match(/(?<=^ \* )\|.*$/gm) ?? [];
  expect(rows.length).toBeGreaterThan(15);
  expect(read("docs/guides/testing.md")).toContain(rows.join("\n"));
});

it("the README is short, and its figures are those of the page on speed", () => {
  const readme = read("README.md");
  expect(readme.split("\n").length).toBeLessThanOrEqual(200);
  const rows = (text: string): string[] =>
    text.match(/^\| (?:\*\*hallpass\*\*|fast-jwt|jsonwebtoken|jose).*$/gm)?.map((row) => row.replaceAll(" ", "")) ?? [];
  expect(rows(readme)).toHaveLength(4);
  for (const row of rows(readme)) expect(rows(read("docs/speed.md"))).toContain(row);
});

it.each(PAGES.filter(({ path }) => /^(?:CONTRIBUTING\.md|docs\/(?:architecture|decisions|refresh)\b)/.test(path)))(
  "every source file that $path names is there",
  ({ text }) => {
    const named = [...text.matchAll(/`((?:src|test|bench|docs|examples)\/[\w./-]*)`/g)].map(([, path = ""]) => path);
    expect(named.filter((path) => !path.includes("NAME") && !existsSync(`${ROOT}/${path}`))).toEqual([]);
  },
);

describe("a guide or a recipe", () => {
  const pages = PAGES.filter(({ path }) => /^docs\/(?:guides|recipes)\//.test(path));
  it.each(pages.map((page) => [page.path, page] as const))(
    "says how to install what its code imports: %s",
    (_, page) => {
      const commands = [...page.text.matchAll(/npm install ([^`\n]*)/g)].flatMap(([, words = ""]) => words.split(" "));
      const installed = commands.map((word) => word.replace(/(?<=.)@.*$/, "")); // without a version
      const imported = readBlocks(page)
        .flatMap(({ code }) => [...code.matchAll(/(?:from |import |import\()"([^".][^"]*)"/g)].map(([, it = ""]) => it))
        .filter((it) => !/^(?:node:|@\/)/.test(it)) // in Next, `@/` is the project's folder
        .map((it) => it.split("/", it.startsWith("@") ? 2 : 1).join("/"));
      expect(installed).toEqual(expect.arrayContaining([...new Set(imported)]));
    },
  );
});
