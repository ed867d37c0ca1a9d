import { describe, expect, it } from "vitest";
import {
  listOptionTypes,
  listTables,
  listTypesIn,
  listWrittenDefaults,
  readOptionsOf,
  writeTables,
} from "./options.ts";
import { ROOT, readPages } from "./pages.ts";

const PAGES = readPages().map((page) => ({ ...page, tables: listTables(page.text) }));
const TYPES = [...new Set(PAGES.flatMap(({ tables }) => tables))];

/** What is no options object of a function by itself: an input of each call, or a part of others. */
const LEFT_OUT = [
  "LoginOrigin",
  "NewUser",
  "Options",
  "DeletionOptions",
  "Partial<Cost>",
  "Partial<GuardOptions & CredentialGuardOptions>",
  "OneTimeOptions",
  "LoadOptions",
];

it.each(PAGES.filter(({ tables }) => tables.length > 0))(
  "the tables of $path are those of the docstrings; vitest --update writes them there",
  async ({ path, text }) => {
    await expect(writeTables(text)).toMatchFileSnapshot(`${ROOT}/${path}`);
  },
);

it("whatever takes options has its table on the page of options", () => {
  const tables = PAGES.find(({ path }) => path === "docs/options.md")?.tables;
  const types = listOptionTypes().filter((type) => !LEFT_OUT.includes(type));
  expect([...new Set(types)].sort()).toEqual(tables?.toSorted());
});

describe.each(TYPES)("the docstrings of %s", (type) => {
  it("say what each option is, and name the default", () => {
    const options = readOptionsOf(type);
    expect(options.length).toBeGreaterThan(0);
    expect(options.filter(({ meaning }) => !/^[A-Z`].{8}/.test(meaning) || meaning.includes(" by default"))).toEqual(
      [],
    );
    expect(options.filter(({ isRequired, byDefault }) => isRequired === (byDefault !== ""))).toEqual([]);
  });
});

it("the defaults of the docstrings are those of the code", () => {
  const written = listWrittenDefaults();
  expect(written.length).toBeGreaterThan(15);
  const differing = written.filter(({ file, name, value }) => {
    const option = listTypesIn(file)
      .filter((type) => [...TYPES, ...LEFT_OUT].includes(type))
      .flatMap(readOptionsOf)
      .find((it) => it.name === name);
    return option?.byDefault.replaceAll("`", "").split(" ")[0] !== JSON.stringify(value);
  });
  expect(differing).toEqual([]);
});
