import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Entry {
  readonly text: string;
  readonly link?: string;
  readonly items?: Entry[];
  readonly collapsed?: boolean;
}

const DOCS = join(import.meta.dirname, "..");

/** Pages in the order in which they are read. What a folder has beside them follows by name. */
const ORDER = [
  "getting-started-express",
  "getting-started-fastify",
  "getting-started-koa",
  "getting-started-fetch",
  "tokens",
  "key-rotation",
  "guards",
  "credentials",
  "step-up",
  "passwords",
  "sessions",
  "one-time-tokens",
  "api-keys",
  "dpop",
  "browsers",
  "stores",
  "database-clients",
  "your-own-stores",
  "replicated-blocklist",
  "status-list",
  "throttling",
  "your-own-adapter",
  "foreign-issuers",
  "resource-servers",
  "introspection",
  "testing",
  "command-line",
  "runtimes",
  "monitoring",
  "deployment",
  "troubleshooting",
  "migrating-from-jsonwebtoken",
  "layers",
  "a-header",
  "a-password",
  "a-refresh-token",
  "a-revocation",
  "a-schema",
];

const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

/** A page's first heading, up to its colon. */
function titleOf(path: string): string {
  const text = readFileSync(join(DOCS, `${path}.md`), "utf8");
  return /^# (.+?)(?::.*)?$/m.exec(text)?.[1]?.replaceAll("`", "") ?? path;
}

const page = (path: string, text = titleOf(path)): Entry => ({ text, link: `/${path}` });

function pagesIn(folder: string, belongs: (name: string) => boolean = () => true): Entry[] {
  if (!existsSync(join(DOCS, folder))) return [];
  const names = readdirSync(join(DOCS, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => name.slice(0, -".md".length));
  return names
    .filter(belongs)
    .sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))
    .map((name) => page(`${folder}/${name}`));
}

/** One import path of the reference, and those below it: its functions in a list that opens. */
function referenceOf(path: string): Entry[] {
  const folder = join(DOCS, "reference", path);
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const below = inside
    .filter(({ name }) => !KINDS.includes(name))
    .flatMap(({ name }) => referenceOf(`${path}/${name}`));
  if (!existsSync(join(folder, "index.md"))) return below;
  const functions = pagesIn(`reference/${path}/functions`).map((entry) => ({
    ...entry,
    text: entry.link?.split("/").at(-1) ?? entry.text,
  }));
  return [{ text: path, link: `/reference/${path}/`, items: functions, collapsed: true }, ...below];
}
const KINDS = ["functions", "classes", "interfaces", "type-aliases", "variables", "namespaces"];

const startsWith = (prefix: string) => (name: string) => name.startsWith(prefix);
const isGuide = (name: string) => !/^(?:getting-started|migrating)/.test(name);

/** What stands beside the pages: every page once, which a test holds. */
export function sidebar(): Entry[] {
  return [
    {
      text: "Getting started",
      items: [...pagesIn("guides", startsWith("getting-started")), page("recipes/nest", "Getting started with Nest")],
    },
    { text: "Guides", items: [...pagesIn("guides", isGuide), page("refresh"), page("outages")] },
    { text: "Migrating", items: pagesIn("guides", startsWith("migrating")), collapsed: true },
    { text: "Recipes", items: pagesIn("recipes", (name) => name !== "nest"), collapsed: true },
    { text: "Architecture", items: pagesIn("architecture"), collapsed: true },
    { text: "Decisions", items: pagesIn("decisions"), collapsed: true },
    {
      text: "Look up",
      items: [
        { text: "Reference", link: "/reference/" },
        page("options"),
        page("errors"),
        page("speed"),
        page("security", "Security"),
        page("changelog", "Changelog"),
      ],
    },
  ];
}

/** What stands beside the reference, which has too many pages for the sidebar of all others. */
export function referenceSidebar(): Entry[] {
  const paths = existsSync(join(DOCS, "reference")) ? referenceOf("hallpass") : [];
  return [{ text: "Reference", link: "/reference/", items: paths }];
}
