import { expect, it } from "vitest";
import * as fetchAdapter from "../../src/adapters/fetch.ts";
import { AuthError } from "../../src/core/errors.ts";
import { checkCookieOptions } from "../../src/core/http/cookie-options.ts";
import * as usedProofs from "../../src/dpop/used-proofs.ts";
import type { Credential } from "../../src/guard/credential.ts";
import type { Guard } from "../../src/guard/guard.ts";
import * as immediate from "../../src/guard/immediate.ts";
import * as inspection from "../../src/guard/inspection.ts";
import * as several from "../../src/guard/several.ts";
import * as sharedTokens from "../../src/guard/shared-tokens.ts";
import * as tokenCredentials from "../../src/guard/token-credentials.ts";
import * as ownerFinder from "../../src/sessions/owner-finder.ts";
import { memoryProofs } from "../../src/stores/memory/proofs.ts";

/** Loads a second copy of a file, as a bundler makes one, or `require` beside `import`. */
async function copyOf<Module>(path: string, module: Module): Promise<Module> {
  const copy = (await import(/* @vite-ignore */ `../../src/${path}.ts?copy`)) as Module;
  expect(copy).not.toBe(module);
  return copy;
}

const guardOf = (): Guard => ({
  authenticate: () => Promise.reject(new AuthError("missing_token")),
  authenticateOptional: async () => null,
  authorize: () => undefined,
});
const credential = (): Credential => ({
  name: "own",
  place: "x-own",
  read: () => null,
  verify: () => Promise.reject(),
});
const fail = (): never => {
  throw new AuthError("invalid_request");
};

it("the cookie of a credential is known to another copy", async () => {
  const { findTokenCookie } = await copyOf("guard/token-credentials", tokenCredentials);
  const cookie = checkCookieOptions("cookieToken", "access", {});
  expect(findTokenCookie([credential(), tokenCredentials.keepCookie(credential(), cookie)])).toBe(cookie);
  expect(findTokenCookie([credential()])).toBeNull();
});

it("the credentials of a guard are known to another copy", async () => {
  const { joinTakers } = await copyOf("guard/several", several);
  const [guard, credentials] = [guardOf(), [credential()]];
  several.keepTaker(guard, { credentials, refuse: fail });
  expect(joinTakers([guardOf(), guard])).toEqual({ credentials, refuse: fail });
});

it("the tokens of a guard are known to another copy", async () => {
  const { takesSameTokens: takesTokensOf } = await copyOf("guard/shared-tokens", sharedTokens);
  const [one, other] = [guardOf(), guardOf()];
  const resolve = () => null;
  sharedTokens.keepTokenSources(one, [resolve]);
  sharedTokens.keepTokenSources(other, [resolve]);
  expect(takesTokensOf(one, other)).toBe(true);
  expect(takesTokensOf(one, guardOf())).toBe(false);
});

it("the inspector of a guard is known to another copy", async () => {
  const { findInspector } = await copyOf("guard/inspection", inspection);
  const guard = guardOf();
  inspection.keepInspector(guard, fail);
  expect(findInspector(guard)).toBe(fail);
});

it("the answer without a promise is known to another copy, and is not that of a spy", async () => {
  const { answerAtOnce: immediateAnswer } = await copyOf("guard/immediate", immediate);
  const method = immediate.promiseAnswers<never>(fail);
  const spy = Object.defineProperties(async () => fail(), Object.getOwnPropertyDescriptors(method));
  expect(immediateAnswer({ ...guardOf(), authenticate: method }, "authenticate")).toBe(fail);
  expect(immediateAnswer({ ...guardOf(), authenticate: spy }, "authenticate")).toBeUndefined();
});

it("the owner of a refresh token is found by another copy", async () => {
  const { chooseOwnerFinder } = await copyOf("sessions/owner-finder", ownerFinder);
  const [inspect, find] = [async () => null, async () => null];
  expect(chooseOwnerFinder(inspect)).toBe(inspect);
  expect(chooseOwnerFinder(ownerFinder.keepOwnerFinder(inspect, find))).toBe(find);
});

it("the use of a proof during a request is known to another copy", async () => {
  const settings = { proofs: memoryProofs(), storeTimeoutMs: 1_000 } as Parameters<
    typeof usedProofs.createProofUser
  >[0];
  const modules = [usedProofs, await copyOf("dpop/used-proofs", usedProofs)];
  const [use, useOfCopy] = modules.map((it) => it.createProofUser(settings, () => undefined));
  const proof = { jkt: "k", jti: "j" };
  const now = Date.now();
  const [first, second] = [{}, {}].map((exchange) => ({ end: now + 60_000, at: now, exchange }));
  await use?.(proof, first as never);
  await useOfCopy?.(proof, first as never);
  await expect(useOfCopy?.(proof, second as never)).rejects.toMatchObject({ code: "invalid_dpop_proof" });
});

it("an outage that was answered is logged by another copy", async () => {
  const { errorHandler } = await copyOf("adapters/fetch", fetchAdapter);
  const logged: string[] = [];
  const down = { ...guardOf(), authenticate: () => Promise.reject(new AuthError("unavailable")) };
  const answer = fetchAdapter.requireAuth(down)(() => new Response());
  const handle = errorHandler({ log: ({ code }) => logged.push(code) })(answer);
  expect((await handle(new Request("https://api.example.com/"))).status).toBe(503);
  expect(logged).toEqual(["unavailable"]);
});
