import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuthError } from "../../../src/core/errors.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { createGuard } from "../../../src/guard/create.ts";
import type { Guard } from "../../../src/guard/guard.ts";
import { houseOf } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { profileOf } from "../../support/tokens.ts";
import { APPS } from "../apps.ts";
import { exchange } from "../exchange.ts";
import { NEST_APPS } from "../nest-apps.ts";
import { openStage, type Stage } from "../stage.ts";

const { auth } = houseOf();
const identity = { userId: "someone", scopes: ["read"], sid: null, claims: {} };
const thenable = (settle: (done: (value: unknown) => void, failed: (error: unknown) => void) => void) => ({
  then: settle,
});
const IN = '200 {"id":"someone","same":true}';
const OUT = "500";

/** What a guard of the application's own making answers, and what becomes of the request at a door that requires it. */
const ANSWERS: Readonly<Record<string, readonly [answer: () => unknown, required: string, optional: string]>> = {
  "a promise of an identity": [async () => identity, IN, "200"],
  "an identity, no promise": [() => identity, IN, "200"],
  "a thenable of an identity": [() => thenable((done) => done(identity)), IN, "200"],
  "a promise of a promise": [async () => thenable((done) => done(identity)), IN, "200"],
  "a promise of another realm": [() => runInNewContext("Promise.resolve(it)", { it: identity }), IN, "200"],
  "an identity of another realm": [() => runInNewContext('({ userId: "someone", scopes: [], claims: {} })'), IN, "200"],
  "a thenable that refuses": [() => thenable((_, failed) => failed(new AuthError("revoked"))), "401", "401"],
  "a throw": [() => refused(), "401", "401"],
  "a promise of null": [async () => null, OUT, "200"],
  null: [() => null, OUT, "200"],
  undefined: [() => undefined, OUT, OUT],
  "a promise of undefined": [async () => undefined, OUT, OUT],
  "a promise of a string": [async () => "someone", OUT, OUT],
  "a promise of true": [async () => true, OUT, OUT],
  "a promise of an empty object": [async () => ({}), OUT, OUT],
  "a promise of nobody": [async () => ({ ...identity, userId: "" }), OUT, OUT],
  "a promise of a user with a number": [async () => ({ ...identity, userId: 7 }), OUT, OUT],
  "a promise of scopes in a string": [async () => ({ ...identity, scopes: "read" }), OUT, OUT],
  "a promise of a promise in an object": [async () => ({ identity: Promise.resolve(identity) }), OUT, OUT],
};

function refused(): never {
  throw new AuthError("revoked");
}

describe.each(Object.entries(APPS).map(([name, app], nth) => [name, app, nth] as const))("%s", (_name, app, nth) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(app, auth);
  });
  afterAll(() => stage.close());
  const ask = async (guard: Partial<Guard>, path: string, headers: readonly string[] = []): Promise<string> => {
    stage.put(guard);
    const { status, body } = await exchange(stage.server, { path, headers });
    return status === 200 && path === "/me" ? `200 ${body}` : String(status);
  };

  it.each(partOf(Object.entries(ANSWERS), nth, 2))(
    "a guard that answers %s",
    async (_what, [answer, required, optional]) => {
      const guard = { authenticate: answer, authenticateOptional: answer } as Partial<Guard>;
      expect(await ask(guard, "/me")).toBe(required);
      expect(await ask(guard, "/feed")).toBe(optional);
    },
  );

  it("a copy of a guard that asks for less is no guard that requires", async () => {
    const { authenticateOptional } = createGuard({ token: profileOf() });
    const copy = { authenticate: authenticateOptional } as Partial<Guard>;
    expect(await ask(copy, "/me")).toBe(OUT);
    const good = await issueToken({ sub: "someone" }, profileOf());
    expect(await ask(copy, "/me", ["Authorization", `Bearer ${good}`])).toBe(IN);
  });
});

/** What a guard's `authorize` answers, and what becomes of the request at a door that asks for a scope. */
const VERDICTS: Readonly<Record<string, readonly [authorize: () => unknown, status: number]>> = {
  undefined: [() => undefined, 200],
  "a promise of undefined": [async () => undefined, 200],
  "a thenable of undefined": [() => thenable((done) => done(undefined)), 200],
  "a promise of another realm": [() => runInNewContext("Promise.resolve()"), 200],
  "a throw": [() => refused(), 401],
  "a promise that refuses": [async () => refused(), 401],
  "a promise that refuses late": [
    () => new Promise((_, reject) => setImmediate(reject, new AuthError("revoked"))),
    401,
  ],
  "a thenable that refuses": [() => thenable((_, failed) => failed(new AuthError("revoked"))), 401],
  false: [() => false, 500],
  true: [() => true, 500],
  null: [() => null, 500],
  "an empty text": [() => "", 500],
  "the identity": [() => identity, 500],
  "a promise of false": [async () => false, 500],
  "a promise of true": [async () => true, 500],
};

const ALL = Object.entries({ ...APPS, ...NEST_APPS }).map(([name, app], nth) => [name, app, nth] as const);

describe.each(ALL)("%s", (_name, app, nth) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(app, auth);
  });
  afterAll(() => stage.close());

  it.each(partOf(Object.entries(VERDICTS), nth, 2))(
    "a guard whose authorize answers %s",
    async (_what, [authorize, status]) => {
      stage.put({ authenticate: async () => identity, authorize });
      expect((await exchange(stage.server, { path: "/read" })).status).toBe(status);
    },
  );
});
