import { isAuthError } from "../../src/core/errors.ts";
import type { Algorithm } from "../../src/core/keys/algorithms.ts";
import { generateKey } from "../../src/core/keys/generate.ts";
import { importKey } from "../../src/core/keys/import.ts";
import type { JWK } from "../../src/core/keys/jwk.ts";
import type { SigningKey, VerifyingKey } from "../../src/core/keys/key.ts";
import { publicJwks } from "../../src/core/keys/publish.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { issueToken } from "../../src/core/token/issue.ts";
import { defineToken, type TokenProfile } from "../../src/core/token/profile.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { createGuard } from "../../src/guard/create.ts";

/** What a worker is asked: a key, of which it says what tokens are worth, and with which it signs if it can. */
export interface Question {
  readonly algorithm: Algorithm;
  readonly key: JWK | string;
  readonly tokens: readonly string[];
}

/** What it answers: who each token is of by `verifyToken`, in the pool and by the guard, or why it was refused. */
export interface Answer {
  readonly verdicts: readonly (readonly [verified: string, inPool: string, admitted: string])[];
  /** A token of its own; `null` for a key that only verifies. */
  readonly token: string | null;
  /** What it publishes; `null` for a secret. */
  readonly published: JWK | null;
}

// What an application does while it is loaded, where a worker may draw no random values.
const own: TokenProfile = profileOf(secretKey("a secret of thirty-two bytes, or more"));
createGuard({ token: own });

function profileOf(keys: VerifyingKey, threadPool = false): TokenProfile<undefined> {
  return defineToken({
    keys,
    issuer: "https://issuer.example",
    audience: "api",
    threadPool,
    cacheSize: 0,
    maxBytes: 16_384,
  });
}

async function verdict(admit: () => Promise<string | undefined>): Promise<string> {
  try {
    return String(await admit());
  } catch (error) {
    return isAuthError(error) ? `${error.status}: ${(error.cause as Error).message}` : `broken: ${error}`;
  }
}

async function answerTo({ algorithm, key: text, tokens }: Question): Promise<Answer> {
  const key = await importKey(text, { algorithm });
  const isSecret = algorithm.startsWith("HS");
  const profile = profileOf(key);
  const pooled = isSecret ? profile : profileOf(key, true);
  const guard = createGuard({ token: profile });
  const verdicts = tokens.map(
    async (token) =>
      [
        await verdict(async () => (await verifyToken(token, profile)).sub),
        await verdict(async () => (await verifyToken(token, pooled)).sub),
        await verdict(async () => (await guard.authenticate(`Bearer ${token}`))?.userId),
      ] as const,
  );
  return {
    verdicts: await Promise.all(verdicts),
    token: key.canSign ? await issueToken({ sub: "a worker's" }, profileOf(key as SigningKey)) : null,
    published: isSecret ? null : (publicJwks(key).keys[0] as JWK),
  };
}

export default {
  async fetch(request: Request): Promise<Response> {
    try {
      const question = (await request.json()) as Question | { generate: Algorithm };
      return Response.json("generate" in question ? await generateKey(question.generate) : await answerTo(question));
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};
