import { readFileSync } from "node:fs";
import { posix } from "node:path";

interface Addresses {
  readonly homepage: string;
  readonly repository: { readonly url: string };
}

const { homepage, repository } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as Addresses;

/** Where the site is. */
export const SITE: string = homepage;
/** Where the repository is, for people. */
export const REPOSITORY: string = repository.url.replace(/^git\+|\.git$/g, "");

/** Pages that are made of a file which stands in the repository's root. */
export const ROOT_PAGES: Readonly<Record<string, string>> = {
  "SECURITY.md": "/security.md",
  "CHANGELOG.md": "/changelog.md",
};

/**
 * Where the site finds what a page's Markdown links to. In Markdown, a link is relative to its file, so that it works on
 * GitHub. What lies outside `docs` is a page of the site or a file of the repository.
 */
export function linkOnSite(href: string, page: string): string {
  if (href.startsWith(SITE)) return `/${href.slice(SITE.length)}`;
  if (/^(?:[a-z]+:|#|\/)/.test(href)) return href;
  const [path = "", anchor] = href.split("#");
  const file = posix.join("docs", posix.dirname(page), path);
  if (file.startsWith("docs/")) return href;
  const target = ROOT_PAGES[file] ?? `${REPOSITORY}/blob/main/${file}`;
  return anchor === undefined ? target : `${target}#${anchor}`;
}
