import type { Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { requireAuth } from "../../../src/adapters/express.ts";
import type { SessionAuthenticator } from "../../../src/authenticator/authenticator.ts";
import { AuthError } from "../../../src/core/errors.ts";
import { generateKey } from "../../../src/core/keys/generate.ts";
import { importKey } from "../../../src/core/keys/import.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { createGuard } from "../../../src/guard/create.ts";
import type { Guard } from "../../../src/guard/guard.ts";
import { houseOf } from "../../support/flow.ts";
import { profileOf } from "../../support/tokens.ts";
import { APPS } from "../apps.ts";
import { exchange } from "../exchange.ts";
import { openStage, type Stage } from "../stage.ts";

const { auth } = houseOf();
const bearer = (token: string): readonly string[] => ["Authorization", `Bearer ${token}`];
const schema = {
  "~standard": { version: 1, vendor: "test", validate: async (value: unknown) => ({ value }) },
} as never;
const pair = await importKey(await generateKey("Ed25519"));
const PROFILES = {
  "nobody to ask": profileOf(),
  "a schema to wait for": profileOf(undefined, { schema: schema }),
  "a thread pool to wait for": profileOf(pair, { threadPool: true, cacheSize: 0 }),
};

/** A guard of an application's own making, which keeps to itself who it is. */
class Doorman implements Guard {
  readonly #answer: (header: unknown) => Promise<never>;
  constructor(answer: (header: unknown) => Promise<unknown>) {
    this.#answer = answer as never;
  }
  authenticate(header: unknown): Promise<never> {
    return this.#answer(header);
  }
  authenticateOptional(header: unknown): Promise<never> {
    return this.#answer(header);
  }
  authorize(): void {}
}

describe.each(Object.entries(APPS))("%s", (_name, app) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(app, auth);
  });
  afterAll(() => stage.close());
  const askAt = async (server: Server, path: string, headers: readonly string[] = []) => {
    const { status, body, headers: answered } = await exchange(server, { path, headers });
    return { status, body, challenge: answered["www-authenticate"] };
  };
  const ask = (guard: Guard, path: string, headers?: readonly string[]) => {
    stage.put(guard);
    return askAt(stage.server, path, headers);
  };

  it.each(Object.entries(PROFILES))("lets in and refuses the same with %s", async (_what, token) => {
    const guard = createGuard({ token });
    const good = await issueToken({ sub: "user-1", scope: "read" }, token);
    for (let time = 0; time < 3; time += 1) {
      expect(await ask(guard, "/me", bearer(good))).toMatchObject({ status: 200, body: '{"id":"user-1","same":true}' });
    }
    expect(await ask(guard, "/read", bearer(good))).toMatchObject({ status: 200 });
    expect(await ask(guard, "/write", bearer(good))).toMatchObject({ status: 403 });
    expect(await ask(guard, "/me", bearer(`${good}A`))).toMatchObject({
      status: 401,
      challenge: expect.stringContaining('error="invalid_token"'),
    });
    expect(await ask(guard, "/me")).toMatchObject({ status: 401, challenge: 'Bearer realm="api"' });
    expect(await ask(guard, "/feed")).toMatchObject({ status: 200, body: '{"personal":false}' });
    expect(await ask(guard, "/feed", bearer(good))).toMatchObject({ status: 200, body: '{"personal":true}' });
    expect(await ask(guard, "/feed/read")).toMatchObject({ status: 401, challenge: 'Bearer realm="api"' });
  });

  it("asks a guard of the application's own making, whatever it is made from", async () => {
    const identity = { userId: "someone", scopes: [], sid: null, claims: {} };
    const { authenticate, authenticateOptional, authorize, ...rest } = auth;
    const doorman = Object.assign(new Doorman(async () => identity), rest);
    const server = await app(doorman as SessionAuthenticator);
    expect(await askAt(server, "/me")).toMatchObject({ status: 200, body: '{"id":"someone","same":true}' });
    server.close();
    const refusing = {
      ...createGuard({ token: profileOf() }),
      authenticate: () => Promise.reject(new AuthError("revoked")),
    };
    const good = await issueToken({ sub: "user-1" }, profileOf());
    expect(await ask(refusing, "/me", bearer(good))).toMatchObject({ status: 401 });
    expect(await ask(refusing, "/feed", bearer(good))).toMatchObject({ status: 200, body: '{"personal":true}' });
  });

  it("asks what has taken a method's place after the route was built", async () => {
    const guard = { ...auth, ...createGuard({ token: profileOf() }) } as SessionAuthenticator;
    const server = await app(guard);
    vi.spyOn(guard, "authenticate").mockRejectedValue(new AuthError("revoked"));
    const headers = bearer(await issueToken({ sub: "user-1" }, profileOf()));
    const { status } = await exchange(server, { path: "/me", headers });
    server.close();
    expect(status).toBe(401);
  });
});

describe("on Express, the next handler is called", () => {
  const answersOf = (guard: Guard, header: string): unknown[] => {
    const answers: unknown[] = [];
    const req = { rawHeaders: ["Authorization", header], headers: { authorization: header } };
    requireAuth(guard)(req as never, {} as never, (error) => answers.push(error));
    return answers;
  };

  it("at once where nobody has to be waited for, with an error too", async () => {
    const guard = createGuard({ token: profileOf() });
    const good = await issueToken({ sub: "user-1" }, profileOf());
    expect(answersOf(guard, `Bearer ${good}`)).toEqual([undefined]);
    expect(answersOf(guard, `Bearer ${good}A`)).toEqual([expect.objectContaining({ code: "invalid_token" })]);
    expect(answersOf(houseOf().auth, `Bearer ${good}`)).toEqual([undefined]);
    const waiting = houseOf({ blocklist: { isRevoked: async () => false } });
    expect(answersOf(waiting.auth, `Bearer ${good}`)).toEqual([]);
  });

  it("once, whatever becomes of the handler", async () => {
    const guard = createGuard({ token: profileOf() });
    const good = await issueToken({ sub: "user-1" }, profileOf());
    const req = { rawHeaders: ["Authorization", `Bearer ${good}`], headers: {} };
    const next = vi.fn(() => {
      throw new Error("the handler's own");
    });
    expect(() => requireAuth(guard)(req as never, {} as never, next)).toThrow("the handler's own");
    expect(next).toHaveBeenCalledTimes(1);
  });
});
