import { type Contender, compete, type Work } from "../measure/compete.ts";
import type { Effort } from "../measure/effort.ts";
import type { Figure } from "../measure/figure.ts";
import { zipf } from "../measure/zipf.ts";
import { bareVerify } from "../peers/floor.ts";
import { ALGORITHMS, makeKeys } from "../peers/keys.ts";
import { issueTokens } from "../peers/tokens.ts";
import { type Verifier, verifiersOf } from "../peers/verifiers.ts";

const SESSIONS = 1_000;
const CONCURRENCIES = { "one at a time": 1, "a hundred at once": 100 };

/** A token as a request brings it, and what the floor needs of it, which nobody else is given. */
interface Visit {
  readonly token: string;
  readonly input: Buffer;
  readonly signature: Buffer;
  readonly payload: string;
}

/** Verifying tokens that were never seen before, and tokens that come again and again. */
export async function verify(effort: Effort): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const algorithm of ALGORITHMS) {
    const keys = await makeKeys(algorithm);
    const tokens = (await issueTokens(keys, effort.tokens)).map(prepare);
    const floor = floors(bareVerify(keys));
    const verifiers = verifiersOf(keys);
    for (const verifier of verifiers) await checkWork(verifier, tokens[0] as Visit);
    for (const [manner, concurrency] of Object.entries(CONCURRENCIES)) {
      const workload = (seen: string) => ({ suite: "verify", workload: `${algorithm}, ${seen}, ${manner}` });
      // Whoever remembers tokens begins each turn with nothing in memory, and no token comes twice in a turn.
      const once = { next: visits(tokens, Array.from(tokens.keys())), distinct: tokens.length };
      const forgetful = verifiers.map((it) => ({ name: it.name, begin: () => workOf(it, concurrency) }));
      figures.push(...(await compete(effort, workload("first seen"), once, [...floor, ...forgetful])));
      const again = { next: visits(tokens, zipf(SESSIONS)) };
      const lasting = verifiers.map((it) => ({ name: it.name, begin: always(workOf(it, concurrency)) }));
      figures.push(...(await compete(effort, workload("repeated"), again, [...floor, ...lasting])));
    }
  }
  return figures;
}

function always<T>(value: T): () => T {
  return () => value;
}

function prepare(token: string): Visit {
  const [header, payload = "", signature = ""] = token.split(".");
  return {
    token,
    input: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, "base64url"),
    payload,
  };
}

/** Each visit brings its token in another string, as each request does: one that was seen has been hashed, too. */
function visits(tokens: readonly Visit[], order: readonly number[]): () => Visit {
  let at = 0;
  return () => {
    const visit = tokens[order[at++ % order.length] as number] as Visit;
    return { ...visit, token: Buffer.from(visit.token).toString("latin1") };
  };
}

function workOf({ make, isAsync }: Verifier, concurrency: number): Work<Visit> {
  const verify = make();
  if (!isAsync) {
    return (batch) => {
      for (const { token } of batch) verify(token);
    };
  }
  if (concurrency > 1) {
    return async (batch) => {
      await Promise.all(batch.map(({ token }) => verify(token)));
    };
  }
  return async (batch) => {
    for (const { token } of batch) await verify(token);
  };
}

/** What nobody can go below by node:crypto's HMAC and signatures, without and with decoding and parsing. */
function floors(isSigned: ReturnType<typeof bareVerify>): Contender<Visit>[] {
  const floor = (name: string, read: (payload: string) => unknown): Contender<Visit> => ({
    name,
    begin: always((batch) => {
      for (const { input, signature, payload } of batch) {
        if (!isSigned(input, signature)) throw new Error("the floor has to hold");
        read(payload);
      }
    }),
  });
  return [
    floor("the bare operation", () => undefined),
    floor("the bare operation, decoding and parsing", (payload) =>
      JSON.parse(Buffer.from(payload, "base64url").toString()),
    ),
  ];
}

/** A contender that does not look is none. */
async function checkWork({ name, make }: Verifier, { token }: Visit): Promise<void> {
  const verify = make();
  await verify(token);
  const damaged = token.slice(0, -9) + (token.at(-9) === "A" ? "B" : "A") + token.slice(-8);
  const accepted = await Promise.resolve(damaged)
    .then(verify)
    .then(
      () => true,
      () => false,
    );
  if (accepted) throw new Error(`${name} took a damaged token`);
}
