import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../../src");
const IMPORT = /^(?:import|export) (type )?(?:[^"';]*? from )?"([^"]+)"|import\("([^"]+)"\)/gm;

interface Import {
  readonly from: string;
  readonly to: string;
  readonly kind: "value" | "type" | "lazy";
}

const FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .sort();
const IMPORTS: readonly Import[] = FILES.flatMap((from) =>
  [...readFileSync(join(SRC, from), "utf8").matchAll(IMPORT)].map(([, type, named, lazy]): Import => {
    const to = named ?? lazy ?? "";
    const kind = lazy !== undefined ? "lazy" : type === undefined ? "value" : "type";
    return { from, to: to.startsWith(".") ? normalize(join(dirname(from), to)) : to, kind };
  }),
);

/** Who may import whom: the first rule whose folder fits is the one that counts. */
const RULES: readonly (readonly [folder: RegExp, allowed: RegExp])[] = [
  [/^shared\//, /^shared\//],
  [/^api-keys\.ts$/, /^(api-keys\/|stores\/contract)/],
  [/^introspection\.ts$/, /^introspection\//],
  [/^status-list\.ts$/, /^(status-list\/|remote\/|core\/token\/status|stores\/contract)/],
  [/^dpop\.ts$/, /^(dpop\/|guard\/|stores\/contract)/],
  [
    /^(index|tokens|one-time)\.ts$/,
    /^(tokens\.ts|authenticator|login|sessions|one-time|guard|remote|events|store-calls|core|stores\/contract)/,
  ],
  [/^core\/keys\//, /^(core\/|node:|jose$)/],
  [/^core\/password\//, /^(core\/|node:|@node-rs\/argon2$)/],
  [/^core\//, /^(core\/|node:)/],
  [/^stores\/contract\.ts$/, /^$/],
  [/^stores\/memory/, /^stores\/(contract|shared|memory)/],
  [/^stores\/shared/, /^stores\/(contract|shared)/],
  [/^stores\/postgres/, /^stores\/(contract|shared|postgres)/],
  [/^stores\/sqlite/, /^stores\/(contract|shared|sqlite)/],
  [/^stores\/redis/, /^stores\/(contract|shared|redis)/],
  [/^stores\/replicated/, /^stores\/(contract|shared|memory|replicated)/], // a copy in memory of what another store keeps
  [/^testing/, /^(testing|core\/|stores\/contract|node:)/],
  [/^store-calls\//, /^(store-calls\/|core\/|stores\/contract)/],
  [/^events\//, /^(events\/|store-calls\/|core\/|node:diagnostics_channel$)/],
  [/^remote\//, /^(remote\/|events\/|store-calls\/|core\/|node:(crypto|fs\/promises)$)/],
  [
    /^status-list\//,
    /^(status-list\/|remote\/|events\/|store-calls\/|core\/|stores\/contract|node:(crypto|util|zlib)$)/,
  ],
  [/^guard\//, /^(guard\/|remote\/|events\/|store-calls\/|core\/|stores\/contract)/],
  [
    /^sessions\//,
    /^(sessions\/|status-list\/(status-list|claim|places?)\.|guard\/|events\/|store-calls\/|core\/|stores\/contract)/,
  ],
  [/^one-time\//, /^(one-time\/|guard\/|events\/|store-calls\/|core\/|stores\/contract|node:crypto$)/],
  [/^login\//, /^(login\/|sessions\/|guard\/|events\/|store-calls\/|core\/|stores\/contract)/],
  [/^dpop\//, /^(dpop\/|guard\/|store-calls\/|core\/|stores\/contract|node:crypto$)/],
  [/^api-keys\//, /^(api-keys\/|guard\/|events\/|store-calls\/|core\/|stores\/contract|node:)/],
  [/^introspection\//, /^(introspection\/|guard\/|remote\/|store-calls\/|core\/|node:crypto$)/],
  [/^authenticator\//, /^(authenticator\/|login\/|sessions\/|guard\/|store-calls\/|core\/|stores\/contract)/],
  [/^cli/, /^(cli\/|remote\/|core\/|node:(fs|fs\/promises|path|readline|stream|url|util)$)/],
  [
    /^adapters\/nest/,
    /^(adapters\/|status-list\/status-list\.|authenticator\/|guard\/|core\/|stores\/contract|node:|@nestjs\/(common|core)$)/,
  ],
  [
    /^adapters\//,
    /^(adapters\/|status-list\/status-list\.|authenticator\/|login\/|sessions\/|guard\/|store-calls\/call\.|core\/|stores\/contract|node:|fastify$)/,
  ],
];
const TYPES_ALONE = /^(stores\/contract\.ts|fastify)$/;
const ON_FIRST_USE = /^(jose|@node-rs\/argon2)$/;

it("finds the imports that there are", () => {
  expect(IMPORTS.length).toBeGreaterThan(100);
  expect(IMPORTS).toContainEqual({ from: "core/password/argon2.ts", to: "@node-rs/argon2", kind: "lazy" });
  expect(IMPORTS).toContainEqual({ from: "guard/bearer-header.ts", to: "core/http/bearer.ts", kind: "value" });
});

describe.each(FILES)("%s", (file) => {
  const own = IMPORTS.filter(({ from }) => from === file);
  const rule = RULES.find(([folder]) => folder.test(file));

  it("imports only what its layer may", () => {
    expect(own.filter(({ to }) => !to.startsWith("shared/") && rule?.[1].test(to) !== true)).toEqual([]);
    const entries = /^(index|tokens|one-time|api-keys|introspection|status-list|dpop)\.ts$/;
    const imported = own.filter(({ to }) => entries.test(to)).map(({ to }) => to);
    expect(imported).toEqual(file === "index.ts" ? ["tokens.ts"] : []); // `hallpass` has all of `hallpass/tokens`.
  });

  it("takes only types from the contract and the frameworks, and jose and argon2 on first use", () => {
    expect(own.filter(({ to, kind }) => TYPES_ALONE.test(to) && kind !== "type")).toEqual([]);
    expect(own.filter(({ to, kind }) => ON_FIRST_USE.test(to) && kind !== "lazy")).toEqual([]);
  });

  it.skipIf(file === "shared/clock.ts")("reads no clock and draws no lots of its own", () => {
    const code = readFileSync(join(SRC, file), "utf8").replace(/^\s*(\/\/|\*|\/\*).*$/gm, "");
    expect(code).not.toMatch(/Date\.now\(|new Date\(\)|performance\.now|Math\.random/);
  });
});

describe("the picture of the layers", () => {
  const picture = readFileSync(join(SRC, "../docs/pictures/layers.svg"), "utf8");
  const page = readFileSync(join(SRC, "../docs/architecture/layers.md"), "utf8");
  const rooms = [...page.matchAll(/^\| `src\/([\w-]+)\/` \|/gm)].map(([, room = ""]) => room);
  const arrows = [...picture.matchAll(/data-from="([^"]+)" data-to="([^"]+)"/g)].map(([, from = "", to = ""]) => ({
    from,
    to,
  }));
  const roomOf = (file: string): string =>
    file === "stores/contract.ts" ? "stores/contract" : (/^[^/]+/.exec(file.replace(/^cli\.ts$/, "cli/"))?.[0] ?? "");
  const isBetweenRooms = ({ from, to }: { from: string; to: string }): boolean =>
    rooms.includes(from) && [...rooms, "stores/contract"].includes(to) && from !== to && to !== "shared";
  const imported = IMPORTS.map(({ from, to }) => ({ from: roomOf(from), to: roomOf(to) })).filter(isBetweenRooms);

  it("has every room of the table, and the table every folder", () => {
    const drawn = [...picture.matchAll(/font-weight="600">([^<]+)</g)].map(([, room]) => room);
    expect(drawn.toSorted()).toEqual([...rooms, "stores/contract"].sort());
    const folders = FILES.filter((file) => file.includes("/")).map((file) => file.split("/")[0]);
    expect(rooms.toSorted()).toEqual([...new Set(folders)].sort());
  });

  it("has an arrow only where there is an import, and each import follows the arrows", () => {
    expect(arrows.length).toBeGreaterThan(10);
    expect(arrows.filter((arrow) => !imported.some(({ from, to }) => from === arrow.from && to === arrow.to))).toEqual(
      [],
    );
    const leads = (from: string, to: string): boolean =>
      arrows.some((arrow) => arrow.from === from && (arrow.to === to || leads(arrow.to, to)));
    expect(imported.filter(({ from, to }) => !leads(from, to))).toEqual([]);
  });
});

it("no file imports itself in a circle, nor a type", () => {
  const isDone = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    expect(path, [...path, file].join(" → ")).not.toContain(file);
    if (isDone.has(file) || !FILES.includes(file)) return;
    for (const found of IMPORTS) if (found.from === file) walk(found.to, [...path, file]);
    isDone.add(file);
  };
  for (const file of FILES) walk(file, []);
});
