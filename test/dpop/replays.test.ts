import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuthError, isAuthError } from "../../src/core/errors.ts";
import { dpop } from "../../src/dpop.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { ProofStore } from "../../src/stores/contract.ts";
import { memoryProofs } from "../../src/stores/memory.ts";
import { redisProofs } from "../../src/stores/redis.ts";
import { DATABASES } from "../stores/databases.ts";
import { connected } from "../stores/redis/clients.ts";
import { clientKey, proofOf } from "../support/dpop.ts";
import { redisUrl } from "../support/servers/redis-url.ts";
import { runs } from "../support/thorough.ts";
import { NOW, profileOf, SECOND, signed } from "../support/tokens.ts";

interface Opened {
  readonly proofs: ProofStore;
  close(): unknown;
}

const STORES: Readonly<Record<string, () => Promise<Opened>>> = {
  memory: async () => ({ proofs: memoryProofs(), close: () => undefined }),
  ...(redisUrl !== null && {
    Redis: async () => {
      const { send, close } = await connected();
      return { proofs: redisProofs({ send }), close };
    },
  }),
  ...DATABASES,
};

describe.each(Object.entries(STORES))("a proof that is sent fifty times at once, with %s", (_name, open) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  it("lets one in, through any of two processes", async () => {
    const key = clientKey();
    const origin = "https://api.example.com";
    const token = signed({ sub: "user-1", iat: SECOND, exp: SECOND + 900, cnf: { jkt: key.jkt } });
    const guards = [1, 2].map(() => {
      const credential = dpop(profileOf(), { origin, proofs: opened.proofs, now: () => NOW });
      return createGuard({ credentials: [credential], onOutage: () => undefined });
    });
    for (let round = 0; round < runs(2, 5); round += 1) {
      const headers = { authorization: `DPoP ${token}`, dpop: proofOf(key, { url: `${origin}/me`, token }) };
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, nth) =>
          guards[nth % 2]?.authenticate({ method: "GET", url: "/me", headers }).then(
            () => "in",
            (error: AuthError) => isAuthError(error) && error.code,
          ),
        ),
      );
      expect(answers.filter((answer) => answer === "in")).toHaveLength(1);
      expect(answers.filter((answer) => answer === "invalid_dpop_proof")).toHaveLength(49);
    }
  });
});
