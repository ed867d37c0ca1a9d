import { describe, expect, it } from "vitest";
import { type AuthError, isAuthError } from "../../src/core/errors.ts";
import { protectedResource } from "../../src/core/http/protected-resource.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Credential } from "../../src/guard/credential.ts";
import { fresh } from "../../src/guard/fresh.ts";
import { anyScope, scopes } from "../../src/guard/rules.ts";
import { CLAIMS, profileOf, signed } from "../support/tokens.ts";

const API = "https://api.example.com/mcp";
const token = profileOf(undefined, { audience: API });
const api = protectedResource({ token });
const good = `Bearer ${signed({ ...CLAIMS, aud: API, scope: "read" })}`;
const WHERE = `resource_metadata="${api.metadataUrl}"`;
const guard = createGuard({ token, challenge: { ...api.challenge, scope: "read" } });

async function challengeOf(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!isAuthError(error)) throw error;
    return (error as AuthError).headers["WWW-Authenticate"];
  }
}

describe("the challenge of a protected resource", () => {
  it("says where its metadata are, whatever was refused, and with which scope to begin", async () => {
    const asked = [undefined, "Basic x", "Bearer", "Bearer x", `Bearer ${signed({ ...CLAIMS, aud: `${API}/` })}`];
    const errors = ["", "", "invalid_request", "invalid_token", "invalid_token"];
    for (const [at, header] of asked.entries()) {
      const challenge = await challengeOf(() => guard.authenticate(header));
      expect(challenge).toContain(WHERE);
      expect(challenge).toContain('scope="read"');
      expect(/error="(\w+)"/.exec(String(challenge))?.[1] ?? "").toBe(errors[at]);
    }
  });

  it.each([scopes("write", "admin"), anyScope("write", "admin")])(
    "names the scopes that a request lacks, in place of those to begin with",
    async (rule) => {
      const identity = await guard.authenticate(good);
      const challenge = await challengeOf(() => guard.authorize(identity, rule));
      expect(challenge).toBe(
        'Bearer realm="api", error="insufficient_scope", error_description="The token lacks a needed scope", ' +
          `scope="write admin", ${WHERE}`,
      );
    },
  );

  it("goes together with what a rule says", async () => {
    const identity = await guard.authenticate(good);
    const challenge = await challengeOf(() => guard.authorize(identity, fresh({ maxAge: "5m" })));
    expect(challenge).toContain('max_age="300"');
    expect(challenge).toContain(WHERE);
  });

  it("stands in the part of each scheme", async () => {
    const other: Credential = {
      name: "other",
      place: "x-other",
      read: () => null,
      verify: () => ({ userId: "u", claims: {} }),
      challenge: { scheme: "Other" },
    };
    const both = createGuard({ credentials: [bearer(token), other], challenge: api.challenge });
    expect(await challengeOf(() => both.authenticate(undefined))).toBe(
      `Bearer realm="api", ${WHERE}, Other realm="api", ${WHERE}`,
    );
  });

  it.each(['https://api.example.com/a"b', "https://api.example.com/a\\b", "https://api.example.com/\r\nX-Y: z"])(
    "never ends before its quote does: %j",
    (resource) => {
      expect(() => protectedResource({ resource })).toThrow(/must be written as clients write it/);
      const spelt = protectedResource({ resource: new URL(resource).href });
      expect(spelt.metadataUrl).toMatch(/^[!#-[\]-~]+$/);
      expect(() => createGuard({ token, challenge: { resource_metadata: `${resource}\n` } })).toThrow(TypeError);
    },
  );
});
