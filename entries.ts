/**
 * The entries of the package: what is imported as `hallpass/NAME`, and its source. `npm run entries` writes them wherever else
 * they stand: into package.json, tsconfig.json and typedoc.json. A test holds those against this list.
 */

/**
 * These are bundled together, since each request goes through them: whatever they share is one file, and each file that an
 * import takes costs a millisecond.
 */
export const EVERY_REQUEST: Readonly<Record<string, string>> = {
  index: "src/index.ts",
  tokens: "src/tokens.ts",
  express: "src/adapters/express.ts",
  koa: "src/adapters/koa.ts",
  fastify: "src/adapters/fastify.ts",
  fetch: "src/adapters/fetch.ts",
  adapter: "src/adapters/adapter.ts",
  nest: "src/adapters/nest.ts",
};

/** These are bundled by themselves: what is shared by some of them is no file more for the others. */
export const BESIDE: Readonly<Record<string, string>> = {
  "api-keys": "src/api-keys.ts",
  "one-time": "src/one-time.ts",
  introspection: "src/introspection.ts",
  "status-list": "src/status-list.ts",
  "stores/memory": "src/stores/memory.ts",
  testing: "src/testing.ts",
  "stores/sqlite": "src/stores/sqlite.ts",
  "stores/postgres": "src/stores/postgres.ts",
  "stores/redis": "src/stores/redis.ts",
  "stores/replicated": "src/stores/replicated.ts",
  "express/auth": "src/adapters/express-auth.ts",
  "fastify/auth": "src/adapters/fastify-auth.ts",
};

/** This has a bundle of its own: it shares much with each of the others, and would cut all of them into smaller files. */
export const ALONE: Readonly<Record<string, string>> = { dpop: "src/dpop.ts" };

/** The program: what `npx hallpass` runs. Nobody imports it. */
export const PROGRAM: Readonly<Record<string, string>> = { cli: "src/cli.ts" };

export const ENTRIES: Readonly<Record<string, string>> = { ...EVERY_REQUEST, ...BESIDE, ...ALONE };

/** A file of JSON, of which only some members are ours to write. */
interface Json {
  readonly [name: string]: unknown;
}

/** The files that name the entries. Each has what turns its content into the content that it should have. */
export const FILES: Readonly<Record<string, (content: Json) => Json>> = {
  "package.json": (manifest) => ({
    ...manifest,
    bin: { hallpass: `./dist/${Object.keys(PROGRAM)[0]}.js` },
    exports: { ...mapEntries(specifierOf, conditionsOf), "./package.json": "./package.json" },
    typesVersions: {
      "*": mapEntries(
        (name) => name,
        (name) => [`./dist/${name}.d.ts`],
        NAMED,
      ),
    },
    knip: {
      ...(manifest.knip as Json),
      entry: [...Object.values({ ...ENTRIES, ...PROGRAM }), ...ownEntries(manifest.knip as Json)],
    },
  }),
  "tsconfig.json": (config) => {
    const paths = mapEntries(packageNameOf, (_name, source) => [`./${source}`]);
    return { ...config, compilerOptions: { ...(config.compilerOptions as Json), paths } };
  },
  "typedoc.json": (config) => ({ ...config, entryPoints: Object.values(ENTRIES) }),
};

/** The package's own entry is known by `main` and `types` where `typesVersions` counts. */
const NAMED = Object.entries(ENTRIES).filter(([name]) => name !== "index");

function mapEntries<Value>(
  keyOf: (name: string) => string,
  describe: (name: string, source: string) => Value,
  entries: readonly (readonly [name: string, source: string])[] = Object.entries(ENTRIES),
): Readonly<Record<string, Value>> {
  return Object.fromEntries(entries.map(([name, source]) => [keyOf(name), describe(name, source)]));
}

function specifierOf(name: string): string {
  return name === "index" ? "." : `./${name}`;
}

function packageNameOf(name: string): string {
  return name === "index" ? "hallpass" : `hallpass/${name}`;
}

/** The conditions of an export. `module-sync` comes first, so that `require` and `import` give one copy where Node can. */
function conditionsOf(name: string): Json {
  const esm = { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` };
  const commonJs = { types: `./dist/${name}.d.cts`, default: `./dist/${name}.cjs` };
  return { "module-sync": esm, import: esm, require: commonJs };
}

/** The entries that knip looks at beside those of the package. */
function ownEntries({ entry }: Json): readonly string[] {
  return (entry as readonly string[]).filter((glob) => !glob.startsWith("src/"));
}
