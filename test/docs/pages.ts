import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT: string = join(import.meta.dirname, "../..");

/** A Markdown file, by its path in the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** One fenced block of code in a page. */
export interface Block {
  readonly page: string;
  /** The file's name, which the block's first line tells in a comment. */
  readonly name: string;
  readonly code: string;
  /** Words after the language: `no-run` only compiles. */
  readonly words: readonly string[];
}

const readPage = (path: string): Page => ({ path, text: readFileSync(join(ROOT, path), "utf8") });

/** Every page that is written by hand: what is generated says so by standing in `docs/reference`. */
export function readPages(): Page[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md") && !/^(?:reference|\.vitepress)/.test(path))
    .sort();
  return ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "bench/README.md"]
    .concat("docs/public/llms.txt", ...docs.map((path) => `docs/${path}`))
    .map(readPage);
}

/** The blocks of TypeScript and JavaScript in a page, in order. */
export function readBlocks({ path, text }: Page): Block[] {
  return [
    ...text.matchAll(/^```(?:ts|js|tsx|mjs)\b(.*)\n(?:\/\/ (\S+\.[mc]?[tj]sx?)(?:,.*)?\n)?([\s\S]*?)^```$/gm),
  ].map(([, words = "", name = "", code = ""]) => ({ page: path, name, code, words: words.trim().split(/\s+/) }));
}
