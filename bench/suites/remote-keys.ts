import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { createFakeIssuer, type FakeIssuer } from "hallpass/testing";
import { startChild } from "../load/child.ts";
import type { Effort } from "../measure/effort.ts";
import { type Figure, figureOf } from "../measure/figure.ts";
import { AUDIENCE } from "../servers/profile.ts";
import { CONTENDERS } from "../servers/remote-keys/contenders.ts";
import type { Needed, Question } from "../servers/remote-keys/main.ts";

/** Something that happens to the source of the keys, and what is asked of the service meanwhile. */
interface Outage {
  /** Minutes since the service got the keys; `null` where it starts without. */
  readonly minutes: number | null;
  readonly happen: (issuer: FakeIssuer) => Promise<void>;
  /** Whether each token has a `kid` of its own, which nobody knows. */
  readonly isRandom?: true;
  readonly isQuick?: true;
}

const OUTAGES: Readonly<Record<string, Outage>> = {
  "no keys yet, a good source": { minutes: null, happen: (it) => it.behave("well"), isQuick: true },
  "no keys yet, 5 s until it answers": { minutes: null, happen: (it) => it.behave({ delayMs: 5_000 }) },
  "no keys yet, it never answers": { minutes: null, happen: (it) => it.behave("hanging") },
  "no keys yet, connections are refused": { minutes: null, happen: (it) => it.behave("refused") },
  "no keys yet, it answers 500": { minutes: null, happen: (it) => it.behave({ status: 500 }) },
  "no keys yet, it answers HTML": { minutes: null, happen: (it) => it.behave("html") },
  "no keys yet, it answers 100 MiB": { minutes: null, happen: (it) => it.behave("huge") },
  "no keys yet, a gzip bomb of 60 MiB": { minutes: null, happen: (it) => it.behave("gzip-bomb") },
  "no keys yet, a redirect to another origin": { minutes: null, happen: (it) => it.behave("redirect-away") },
  "random kids, a good source": { minutes: 1, happen: (it) => it.behave("well"), isRandom: true },
  "random kids, connections are refused": { minutes: 1, happen: (it) => it.behave("refused"), isRandom: true },
  "keys of 20 minutes, connections are refused": { minutes: 20, happen: (it) => it.behave("refused"), isQuick: true },
  "keys of 20 minutes, it never answers": { minutes: 20, happen: (it) => it.behave("hanging") },
  "keys of 20 minutes, one of them was removed": {
    minutes: 20,
    async happen(it) {
      await it.rotate();
      it.removeKey("key-1");
    },
  },
};

/** Who waits longer has gone. */
const PATIENCE_MS = 10_000;
const GAP_MS = 50;

const UNKNOWN: Needed = { fetches: Number.NaN, mebibytes: Number.NaN };

/** What a service answered to one request, and when. */
interface Answered {
  /** 0 for nothing within the time that anybody waits. */
  readonly status: number;
  readonly ms: number;
}

/** Services that take the tokens of an issuer, each in a process of its own, while its keys can't be had. */
export async function remoteKeys({ isSmoke, outageTokens: tokens }: Effort): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [workload, outage] of Object.entries(OUTAGES).filter(([, { isQuick }]) => isQuick || !isSmoke)) {
    const run = (contender: string) => suffer(workload, contender, outage, tokens);
    const names = Object.keys(CONTENDERS);
    if (isSmoke) figures.push(...(await Promise.all(names.map(run))).flat());
    else for (const name of names) figures.push(...(await run(name)));
  }
  return figures;
}

async function suffer(workload: string, contender: string, outage: Outage, count: number): Promise<Figure[]> {
  const issuer = await createFakeIssuer({ algorithm: "RS256", audience: AUDIENCE });
  const child = await startChild<number>("servers/remote-keys/main.ts", contender, issuer.issuer, issuer.jwksUri);
  try {
    const url = `http://127.0.0.1:${child.greeting}/`;
    const mint = (header = {}) => issuer.mint({ sub: "user-1" }, { expiresIn: "1d", header });
    const unknown = () => mint(outage.isRandom && { kid: randomUUID() });
    const tokens = await Promise.all(Array.from({ length: count }, unknown));
    if (outage.minutes !== null) {
      const { status } = await ask(url, await mint());
      if (status !== 200) throw new Error(`${contender} answered ${status} to a good token`);
    }
    await child.ask<"ready">({ ahead: (outage.minutes ?? 0) * 60_000 } satisfies Question);
    await outage.happen(issuer);
    const answers = await askAll(url, tokens);
    const needed = await Promise.race([child.ask<Needed>({} satisfies Question), wait(PATIENCE_MS, UNKNOWN)]);
    return figuresOf(workload, contender, answers, needed);
  } finally {
    child.stop();
    await issuer.close();
  }
}

/** Shows one token after another. A token does not wait longer than a moment for the one before it. */
async function askAll(url: string, tokens: readonly string[]): Promise<Answered[]> {
  const answers: Promise<Answered>[] = [];
  for (const token of tokens) {
    const answer = ask(url, token);
    answers.push(answer);
    await Promise.race([answer, wait(GAP_MS)]);
  }
  return Promise.all(answers);
}

async function ask(url: string, token: string): Promise<Answered> {
  const start = performance.now();
  const headers = { authorization: `Bearer ${token}` };
  const status = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) }).then(
    (response) => response.arrayBuffer().then(() => response.status),
    () => 0,
  );
  return { status, ms: performance.now() - start };
}

function figuresOf(
  workload: string,
  contender: string,
  answers: readonly Answered[],
  { fetches, mebibytes }: Needed,
): Figure[] {
  const ofStatus = (...statuses: number[]) => answers.filter(({ status }) => statuses.includes(status)).length;
  const values = {
    accepted: ofStatus(200),
    "401 or 403": ofStatus(401, 403),
    "with 503": ofStatus(503),
    "with 500": ofStatus(500),
    "no answer": ofStatus(0),
    fetches,
    "ms, the slowest": Math.max(...answers.map(({ ms }) => ms)),
    "MiB more at the peak": mebibytes,
  };
  return Object.entries(values).map(([unit, value]) =>
    figureOf({ suite: "remote-keys", workload, contender, unit }, [value]),
  );
}
