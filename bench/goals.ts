import type { Effort } from "./measure/effort.ts";
import type { Name, Results } from "./measure/results.ts";

/** Something to reach, in a suite of the bench. */
export interface Goal {
  readonly suite: string;
  readonly what: string;
  readonly at: "least" | "most";
  readonly bound: number;
  readonly reached: (results: Results) => number;
}

const PAIRS = ["RS256", "PS256", "ES256", "EdDSA"];
const MIDDLEWARE = {
  express: { keeps: 0.95, peers: ["express-jwt", "passport-jwt", "express-oauth2-jwt-bearer"] },
  koa: { keeps: 0.9, peers: ["koa-jwt"] },
  fastify: { keeps: 0.8, peers: ["@fastify/jwt", "@fastify/jwt with its cache", "jose"] },
};
const STARTUP = ["hallpass", "hallpass/express", "hallpass/koa", "hallpass/fastify", "hallpass/fetch"];
const RUSH = "200 requests/s beside 200 logins at once";

const verified = (workload: string, contender = "hallpass"): Name => ["verify", workload, contender, "µs"];
const issued = (contender: string): Name => ["issue", "HS256", contender, "µs"];
const served = (workload: string, contender: string, unit: string): Name => ["middleware", workload, contender, unit];
const shown = (contender: string): Name => ["credentials", "fastify, 2,000/s", contender, "µs CPU/request"];
const rushed = (contender: string, unit: string): Name => ["login rush", RUSH, contender, unit];

/** What hallpass is to reach: each as a ratio beside a peer in the same run, but where it counts by itself. */
export function goalsOf(effort: Effort): Goal[] {
  const { entries } = effort;
  const revoked = (contender: string, unit: string): Name => [
    "blocklist",
    `${entries} revoked tokens`,
    contender,
    unit,
  ];
  return [
    ...[
      { peer: "fast-jwt, cache off", bound: 2, manner: "one at a time" },
      { peer: "jsonwebtoken", bound: 2.5, manner: "one at a time" },
      { peer: "jose", bound: 5, manner: "a hundred at once" },
      { peer: "the bare operation, decoding and parsing", bound: 1, manner: "one at a time" },
    ].map(({ peer, bound, manner }) => timesAsFast(`HS256, first seen, ${manner}`, peer, bound)),
    ...["HS256", ...PAIRS].map((algorithm) =>
      timesAsFast(`${algorithm}, repeated, one at a time`, "fast-jwt, cache on", algorithm === "HS256" ? 6 : 5),
    ),
    ...["ES256", "RS256"].flatMap((algorithm) =>
      ["first seen", "repeated"].map((seen) => costOfRemote(algorithm, seen)),
    ),
    ...PAIRS.flatMap((algorithm): Goal[] => {
      const workload = `${algorithm}, first seen, one at a time`;
      const peers = ["fast-jwt, cache off", "jose", ...(algorithm === "EdDSA" ? [] : ["jsonwebtoken"])];
      return [
        {
          ...{ suite: "verify", at: "most", bound: 1.15, what: `${workload}: times the bare operation` },
          reached: (results) => results.ratio(verified(workload), verified(workload, "the bare operation")),
        },
        ...peers.map((peer) => timesAsFast(workload, peer, 1)),
      ];
    }),
    ...["fast-jwt", "jsonwebtoken"].map(
      (peer): Goal => ({
        ...{ suite: "issue", at: "least", bound: 2.5, what: `HS256: times as fast as ${peer}` },
        reached: (results) => results.ratio(issued(peer), issued("hallpass")),
      }),
    ),
    ...Object.entries(MIDDLEWARE).flatMap(([framework, { keeps, peers }]): Goal[] => {
      const steady = (contender: string): Name =>
        served(`${framework}, repeated tokens, 2,000/s`, contender, "µs CPU added/request");
      const flatOut = (contender: string): Name =>
        served(`${framework}, repeated tokens, flat out`, contender, "requests/s");
      return [
        {
          ...{ suite: "middleware", at: "most", bound: 0.25, what: `${framework}: CPU added, beside the best peer's` },
          reached: (results) => results.median(steady("hallpass")) / results.median(results.lowest(peers.map(steady))),
        },
        {
          ...{ suite: "middleware", at: "least", bound: keeps, what: `${framework}: share of the bare requests/s` },
          reached: (results) => results.ratio(flatOut("hallpass"), flatOut("bare")),
        },
      ];
    }),
    ...["cookie token", "API key"].map(
      (credential): Goal => ({
        ...{
          suite: "credentials",
          at: "most",
          bound: 1.2,
          what: `${credential}: CPU a request, beside a bearer token`,
        },
        reached: (results) => results.ratio(shown(credential), shown("bearer token")),
      }),
    ),
    {
      ...{ suite: "login rush", at: "most", bound: 0.01, what: "p99 of requests, beside argon2 and jose" },
      reached: (results) =>
        results.ratio(rushed("hallpass", "p99 ms"), rushed("argon2 and jose, called straight", "p99 ms")),
    },
    {
      ...{ suite: "login rush", at: "least", bound: 0.9, what: "logins a second, beside argon2 and jose" },
      reached: (results) =>
        results.ratio(rushed("hallpass", "logins/s"), rushed("argon2 and jose, called straight", "logins/s")),
    },
    ...STARTUP.map(
      (module): Goal => ({
        ...{ suite: "startup", at: "most", bound: 10, what: `${module}: ms over an empty module` },
        reached: (results) => results.median(["startup", "import", module, "ms over an empty module"]),
      }),
    ),
    {
      ...{ suite: "blocklist", at: "most", bound: 96, what: `${entries}: bytes an entry` },
      reached: (results) => results.median(revoked("hallpass", "bytes an entry")),
    },
    {
      ...{ suite: "blocklist", at: "most", bound: 5, what: `${entries}: ms of the longest step of expiry` },
      reached: (results) => results.median(revoked("hallpass", "ms, the longest step while all expire")),
    },
    ...outageGoals(effort),
    ...["ns to find", "ns not to find"].map(
      (unit): Goal => ({
        ...{ suite: "blocklist", at: "most", bound: 1, what: `${entries}: ${unit}, beside a plain Map` },
        reached: (results) => results.ratio(revoked("hallpass", unit), revoked("a plain Map", unit)),
      }),
    ),
  ];
}

function timesAsFast(workload: string, peer: string, bound: number): Goal {
  return {
    ...{ suite: "verify", at: "least", bound, what: `${workload}: times as fast as ${peer}` },
    reached: (results) => results.ratio(verified(workload, peer), verified(workload)),
  };
}

/** What keys that are kept elsewhere, and are being renewed, may cost beside keys at hand. The clocks' noise is a tenth. */
function costOfRemote(algorithm: string, seen: string): Goal {
  const workload = `${algorithm}, ${seen}, one at a time`;
  const named = (contender: string): Name => ["live-keys", workload, contender, "µs"];
  return {
    ...{ suite: "live-keys", at: "most", bound: 1.1, what: `${workload}: remote keys, beside keys at hand` },
    reached: (results) => results.ratio(named("remote keys, being renewed"), named("keys at hand")),
  };
}

/** What an outage of the source of keys may cost: a bound on one figure of hallpass in a workload of `remote-keys`. */
function outageGoals({ isSmoke, outageTokens: all }: Effort): Goal[] {
  const quick = [
    ["no keys yet, a good source", "accepted", "least", all],
    ["no keys yet, a good source", "fetches", "most", 1],
    ["keys of 20 minutes, connections are refused", "accepted", "least", all],
    ["keys of 20 minutes, connections are refused", "fetches", "most", 1],
  ] as const;
  const slow = [
    ...["it never answers", "connections are refused", "it answers 500", "it answers HTML", "it answers 100 MiB"]
      .concat("5 s until it answers", "a gzip bomb of 60 MiB", "a redirect to another origin")
      .flatMap((what) => [
        [`no keys yet, ${what}`, "with 503", "least", all] as const,
        [`no keys yet, ${what}`, "fetches", "most", 1] as const,
        [`no keys yet, ${what}`, "ms, the slowest", "most", 3_000] as const,
        [`no keys yet, ${what}`, "MiB more at the peak", "most", 48] as const, // a good answer takes 35
      ]),
    ["random kids, a good source", "401 or 403", "least", all],
    ["random kids, a good source", "fetches", "most", 1],
    ["random kids, connections are refused", "with 503", "least", all],
    ["random kids, connections are refused", "fetches", "most", 1],
    ["keys of 20 minutes, it never answers", "accepted", "least", all],
    ["keys of 20 minutes, it never answers", "fetches", "most", 1],
    ["keys of 20 minutes, one of them was removed", "accepted", "most", 0],
  ] as const;
  return [...quick, ...(isSmoke ? [] : slow)].map(([workload, unit, at, bound]) => ({
    ...{ suite: "remote-keys", what: `${workload}: ${unit}`, at, bound },
    reached: (results) => results.median(["remote-keys", workload, "hallpass", unit]),
  }));
}
