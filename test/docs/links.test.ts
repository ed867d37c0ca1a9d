import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { REPOSITORY, SITE } from "../../docs/.vitepress/links.ts";
import { type Entry, sidebar } from "../../docs/.vitepress/sidebar.ts";
import { slug } from "../../docs/.vitepress/slug.ts";
import { ROOT, readPages } from "./pages.ts";

const PAGES = readPages();
/** What npm shows, or is read in `node_modules`: a relative link leads nowhere there, but to its neighbours. */
const SHIPPED = ["README.md", "SECURITY.md", "CHANGELOG.md"];
const IMPORT_PATHS = Object.keys(JSON.parse(readFileSync(`${ROOT}/tsconfig.json`, "utf8")).compilerOptions.paths);

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "");

function linksIn(text: string): string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = ""]) => href);
}

/** The anchors of a page's headings. One that comes again has a number behind it. */
function anchorsIn(text: string): string[] {
  const slugs = [...withoutCode(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) =>
    slug(title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")),
  );
  return slugs.map((it, at) => {
    const before = slugs.slice(0, at).filter((other) => other === it).length;
    return before === 0 ? it : `${it}-${before}`;
  });
}

function readMarkdown(path: string): string {
  const text = readFileSync(`${ROOT}/${path}`, "utf8");
  const included = /^<!--@include: \.\.\/(\S+)-->$/m.exec(text)?.[1];
  return included === undefined ? text : readFileSync(`${ROOT}/${included}`, "utf8");
}

/** The file that a path of the site is made of. */
function fileOnSite(path: string): string {
  if (path === "") return "docs/index.md";
  const page = /^reference\/(?:(.+)\/)?$/.exec(path);
  if (page !== null && [undefined, ...IMPORT_PATHS].includes(page[1])) return "typedoc.json"; // generated
  return `docs/${path}.md`;
}

/** What is wrong with a link, or nothing. */
function faultOf(href: string, page: string): string | undefined {
  const [address = "", anchor] = href.split("#");
  let file: string;
  if (address.startsWith(SITE)) file = fileOnSite(address.slice(SITE.length));
  else if (address.startsWith(`${REPOSITORY}/blob/main/`)) file = address.slice(`${REPOSITORY}/blob/main/`.length);
  else if (/^[a-z]+:/.test(address)) return;
  else if (address === "") file = page;
  else if (address.startsWith("/")) return `${href} is absolute, which leads nowhere on GitHub`;
  else {
    file = posix.join(posix.dirname(page), address);
    if (SHIPPED.includes(page) && ![...SHIPPED, "LICENSE"].includes(file)) return `${href} is not in the tarball`;
    if (file.startsWith("docs/reference/")) return;
  }
  if (!existsSync(`${ROOT}/${file}`)) return `${href}: there is no ${file}`;
  if (anchor === undefined || !file.endsWith(".md")) return;
  if (!anchorsIn(readMarkdown(file)).includes(anchor)) return `${href}: ${file} has no heading #${anchor}`;
}

describe("the links of", () => {
  it.each(PAGES)("$path", ({ path, text }) => {
    expect(linksIn(text).flatMap((href) => faultOf(href, path) ?? [])).toEqual([]);
  });
});

it.each(["docs/index.md", "docs/.vitepress/config.ts"])("the buttons and menus of %s lead to pages", (file) => {
  const links = [...readFileSync(`${ROOT}/${file}`, "utf8").matchAll(/\blink: "?(\/[\w/-]*)/g)];
  expect(links.length).toBeGreaterThan(0);
  const files = links.map(([, link = ""]) => fileOnSite(link.slice(1)));
  expect(files.filter((it) => !existsSync(`${ROOT}/${it}`))).toEqual([]);
});

it("llms.txt lists every guide and recipe", () => {
  const listed = linksIn(readFileSync(`${ROOT}/docs/public/llms.txt`, "utf8"));
  const pages = PAGES.map(({ path }) => /^docs\/((?:guides|recipes)\/.+)\.md$/.exec(path)?.[1]).filter((name) => name);
  expect(pages.filter((name) => !listed.includes(`${SITE}${name}`))).toEqual([]);
});

describe("the sidebar", () => {
  const linksOf = ({ link, items = [] }: Entry): string[] => [...(link ? [link] : []), ...items.flatMap(linksOf)];

  it("shows every page once", () => {
    const shown = sidebar()
      .flatMap(linksOf)
      .filter((link) => !link.startsWith("/reference/"));
    const pages = PAGES.map(({ path }) => /^docs\/(.+)\.md$/.exec(path)?.[1]).filter(
      (name) => name && name !== "index",
    );
    expect(shown.sort()).toEqual(pages.map((name) => `/${name}`).sort());
  });
});
