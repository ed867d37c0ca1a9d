import { describe, expect, it } from "vitest";
import { AuthError } from "../../src/core/errors.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Credential } from "../../src/guard/credential.ts";
import { toCredentialRequest } from "../../src/guard/request.ts";
import { type TicketIdentity, ticket } from "../../src/one-time/ticket.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import type { Blocklist } from "../../src/stores/contract.ts";
import { memoryBlocklist, memoryOneTimeStore } from "../../src/stores/memory.ts";
import { codeOf } from "../support/flow.ts";

const never = new Promise<never>(() => undefined);

/** The first two processes wait for a short time only. The others have the usual limits, for a race of many requests. */
const LIMITS = [{ storeTimeoutMs: 20, requestTimeoutMs: 40 }, { storeTimeoutMs: 20, requestTimeoutMs: 40 }, {}, {}];

/** Opens processes over one store, each with a guard. What `outage` does comes before each answer while it is set. */
function houseOf(place: "blocklist" | "identity") {
  const outage: { cause: (() => Promise<unknown>) | null } = { cause: null };
  const meet = async (where: string): Promise<unknown> => (where === place ? outage.cause?.() : undefined);
  const store = memoryOneTimeStore();
  const inner = memoryBlocklist();
  const blocklist: Blocklist = {
    ...inner,
    isRevoked: async (reference) => {
      await meet("blocklist");
      return inner.isRevoked(reference);
    },
  };
  const identity = async (): Promise<TicketIdentity> => {
    await meet("identity");
    return { scopes: ["read"] };
  };
  const processes = LIMITS.map((limits) => {
    const tickets = createOneTimeTokens({ store, purpose: "socket", lifetime: "30s", onOutage: () => undefined });
    const credentials = [ticket(tickets, { identity })];
    return { tickets, guard: createGuard({ credentials, blocklist, onOutage: () => undefined, ...limits }) };
  });
  const ask = (shown: string, process = 0): Promise<unknown> =>
    codeOf(processes[process]?.guard.authenticate({ url: `/?ticket=${shown}`, headers: {} }) as Promise<unknown>);
  const issue = async (): Promise<string> => (await processes[0]?.tickets.issue("user-1"))?.token as string;
  return { outage, inner, ask, issue };
}

describe.each(["blocklist", "identity"] as const)("a ticket whose %s is down", (place) => {
  it.each<readonly [string, () => Promise<unknown>]>([
    ["throws", () => Promise.reject(new Error("down"))],
    ["is late", () => never],
  ])("is 503 where it %s, may be sent again to any process, and is good once", async (_how, cause) => {
    const { outage, ask, issue } = houseOf(place);
    const shown = await issue();
    outage.cause = cause;
    for (const process of [0, 1, 0]) expect(await ask(shown, process)).toBe("unavailable");
    outage.cause = null;
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => ask(shown, 2 + (at % 2))));
    expect(answers.filter((answer) => answer !== "invalid_token")).toEqual(["ok"]);
  });
});

it("a ticket of a user who was logged out is refused, and is not good for anybody after that", async () => {
  const { inner, ask, issue } = houseOf("blocklist");
  const shown = await issue();
  await inner.revokeUser("user-1", new Date(Date.now() + 1_000), new Date(Date.now() + 60_000));
  for (const process of [0, 1]) expect(await ask(shown, process)).toBe("revoked");
});

it("a ticket is taken at once where the credential is used without a guard", async () => {
  const tickets = createOneTimeTokens({ store: memoryOneTimeStore(), purpose: "socket", lifetime: "30s" });
  const credential = ticket(tickets);
  const request = toCredentialRequest({ headers: {} });
  const { token } = await tickets.issue("user-1");
  expect(await credential.verify(token, request)).toMatchObject({ userId: "user-1" });
  expect(await codeOf(Promise.resolve(credential.verify(token, request)))).toBe("invalid_token");
});

describe("a step that a credential defers", () => {
  /** A guard of a credential that defers steps, and the names of what was done, in order. */
  const guardOf = (isLate: boolean, steps: readonly (() => unknown)[], more: object = {}) => {
    const done: string[] = [];
    const credential: Credential = {
      name: "own",
      place: "x",
      read: () => "x",
      verify: (_shown, _request, defer) => {
        steps.forEach((step, at) => {
          defer?.(() => {
            done.push(`step ${at}`);
            return step() as undefined;
          });
        });
        done.push("verify");
        const shown = { userId: "user-1", claims: null, revocation: { jti: null, issuedAt: new Date() } };
        return isLate ? Promise.resolve(shown) : shown;
      },
    };
    const inner = memoryBlocklist();
    const isRevoked: Blocklist["isRevoked"] = (reference) => {
      done.push("blocklist");
      return inner.isRevoked(reference);
    };
    const blocklist = { ...inner, isRevoked };
    const limits = { storeTimeoutMs: 20, requestTimeoutMs: 40 };
    const guard = createGuard({ credentials: [credential], blocklist, onOutage: () => undefined, ...limits, ...more });
    return { done, ask: () => guard.authenticate({ headers: {} }) };
  };

  it.each([true, false])("comes after the blocklist, in the order of its registration (late: %s)", async (isLate) => {
    const { done, ask } = guardOf(isLate, [() => undefined, async () => undefined]);
    expect(await ask()).toMatchObject({ userId: "user-1" });
    expect(done).toEqual(["verify", "blocklist", "step 0", "step 1"]);
  });

  it("does not come where the blocklist is down", async () => {
    const isRevoked = () => Promise.reject(new Error("down"));
    const { done, ask } = guardOf(false, [() => undefined], { blocklist: { ...memoryBlocklist(), isRevoked } });
    expect(await codeOf(ask())).toBe("unavailable");
    expect(done).toEqual(["verify"]);
  });

  const refuse = (): never => {
    throw new AuthError("invalid_token");
  };
  const fail = (): never => {
    throw new Error("of the application");
  };
  it.each<readonly [string, () => unknown, string]>([
    ["refuses", refuse, "invalid_token"],
    ["refuses later", async () => refuse(), "invalid_token"],
    ["throws", fail, "unavailable"],
    ["throws later", async () => fail(), "unavailable"],
    ["is late", () => never, "unavailable"],
  ])("that %s decides the answer, and no further step comes", async (_how, step, code) => {
    const { done, ask } = guardOf(false, [step, () => undefined]);
    expect(await codeOf(ask())).toBe(code);
    expect(done).toEqual(["verify", "blocklist", "step 0"]);
  });
});
