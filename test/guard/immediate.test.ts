import { describe, expect, it } from "vitest";
import { apiKeys } from "../../src/api-keys/credential.ts";
import { AuthError, isAuthError } from "../../src/core/errors.ts";
import type { AuthEvent } from "../../src/events/event.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Credential, ShownIdentity } from "../../src/guard/credential.ts";
import type { Guard, TokenGuard } from "../../src/guard/guard.ts";
import { answerAtOnce } from "../../src/guard/immediate.ts";
import type { Blocklist } from "../../src/stores/contract.ts";
import { memoryBlocklist } from "../../src/stores/memory/blocklist.ts";
import { createdBy, keyRoomOf } from "../support/api-keys.ts";
import { CLAIMS, profileOf, signed } from "../support/tokens.ts";

const token = signed({ ...CLAIMS, jti: "j" });
const room = keyRoomOf();
const { key, apiKey } = await createdBy(room.keys);
await room.keys.verify(key);

type Shown = readonly [credential: () => Credential, headers: Record<string, string>];

/** Each way to show who is asking that a process remembers. */
const SHOWN: Readonly<Record<string, Shown>> = {
  "a token": [() => bearer(profileOf()), { authorization: `Bearer ${token}` }],
  "a token in a cookie": [() => cookieToken(profileOf()), { cookie: `__Host-access=${token}` }],
  "an API key": [() => apiKeys(room.keys), { authorization: `Bearer ${key}` }],
  "a key in a header of its own": [() => apiKeys(room.keys, { header: "x-api-key" }), { "x-api-key": key }],
};

const boom = (): never => {
  throw new Error("boo");
};

/** How a blocklist answers, and with what code that refuses. */
const ANSWERS: readonly (readonly [string, () => unknown, string | null])[] = [
  ["that it is good", () => false, null],
  ["that it was revoked", () => true, "revoked"],
  ["with what is no answer", () => "no", "unavailable"],
  ["by throwing", boom, "unavailable"],
];

/** A guard that tells what it did. */
function watch(credential: Credential, isRevoked?: () => unknown, waitMs = 50) {
  const events: AuthEvent[] = [];
  const outages: unknown[] = [];
  const guard = createGuard({
    credentials: [credential],
    ...(isRevoked && { blocklist: { ...memoryBlocklist(), isRevoked } as Blocklist }),
    requestTimeoutMs: waitMs,
    onEvent: (event) => events.push(event),
    onOutage: (error) => outages.push(error.code),
  });
  return { guard, events, outages };
}

/** What a guard answers without a promise: the identity, the code that it refuses with, or that it has to wait. */
function askAtOnce(guard: Guard, headers: Record<string, string>): unknown {
  try {
    const found = answerAtOnce(guard, "authenticate")?.({ method: "GET", headers });
    if (!(found instanceof Promise)) return found;
    found.catch(() => undefined);
    return "waits";
  } catch (error) {
    return isAuthError(error) ? error.code : error;
  }
}

async function ask(guard: Guard, headers: Record<string, string>): Promise<unknown> {
  const found = guard.authenticate({ method: "GET", headers });
  expect(found).toBeInstanceOf(Promise);
  return found.catch((error) => (isAuthError(error) ? error.code : error));
}

const countsOf = ({ guard, events, outages }: { guard: TokenGuard; events: unknown[]; outages: unknown[] }) => ({
  refused: guard.stats().refused,
  events: events.length,
  outages: outages.length,
});

describe.each(Object.entries(SHOWN))("whoever shows %s", (_what, [credential, headers]) => {
  const userId = "user-1";

  it("is known at once without a blocklist", async () => {
    const { guard } = watch(credential());
    const found = askAtOnce(guard, headers);
    expect(found).toMatchObject({ userId });
    expect(Object.isFrozen(found)).toBe(true);
    expect(await ask(guard, headers)).toEqual(found);
  });

  it.each(ANSWERS)("is told at once where the blocklist says at once %s", async (_how, answer, code) => {
    const watched = watch(credential(), answer);
    expect(askAtOnce(watched.guard, headers)).toEqual(code ?? expect.objectContaining({ userId }));
    const once = code === null ? 0 : 1;
    expect(countsOf(watched)).toMatchObject({ refused: once, events: once, outages: code === "unavailable" ? 1 : 0 });
    expect(await ask(watched.guard, headers)).toEqual(code ?? expect.objectContaining({ userId }));
    expect(countsOf(watched).refused).toBe(2 * once);
    expect(watched.guard.stats().stores["blocklist.isRevoked"]).toMatchObject({ calls: 2, totalMs: 0 });
  });

  it.each([...ANSWERS, ["nothing", () => new Promise(() => undefined), "unavailable"] as const])(
    "waits where the blocklist says later %s, and is told once",
    async (_how, answer, code) => {
      const later = async (): Promise<unknown> => answer();
      expect(askAtOnce(watch(credential(), later).guard, headers)).toBe("waits");
      const watched = watch(credential(), later, 20);
      expect(await ask(watched.guard, headers)).toEqual(code ?? expect.objectContaining({ userId }));
      const once = code === null ? 0 : 1;
      expect(countsOf(watched)).toEqual({ refused: once, events: once, outages: code === "unavailable" ? 1 : 0 });
    },
  );

  it("shows nothing at once", async () => {
    const { guard } = watch(credential());
    expect(askAtOnce(guard, {})).toBe("missing_token");
    expect(await ask(guard, {})).toBe("missing_token");
    expect(answerAtOnce(guard, "authenticateOptional")?.({ headers: {} })).toBeNull();
    expect(guard.authenticateOptional({ headers: {} })).toBeInstanceOf(Promise);
  });
});

describe("a credential of the application's own", () => {
  const own = (verify: () => unknown): Credential => ({
    ...{ name: "own", place: "x-own", read: (request) => request.header("x-own") },
    verify: verify as () => ShownIdentity,
  });
  const headers = { "x-own": "x" };

  it.each<[string, () => unknown, string]>([
    ["refuses", () => Promise.reject(new AuthError("expired")), "expired"],
    ["throws", () => Promise.reject(new Error("boo")), "unavailable"],
    ["answers nothing", async () => undefined, "unavailable"],
    ["hangs", () => new Promise(() => undefined), "unavailable"],
  ])("that %s later is told of once", async (_what, verify, code) => {
    const watched = watch(own(verify), undefined, 20);
    expect(await ask(watched.guard, headers)).toBe(code);
    expect(countsOf(watched)).toEqual({ refused: 1, events: 1, outages: code === "unavailable" ? 1 : 0 });
  });

  it.each<[string, () => unknown, string]>([
    [
      "refuses",
      () => {
        throw new AuthError("expired");
      },
      "expired",
    ],
    ["throws", boom, "unavailable"],
    ["answers nothing", () => undefined, "unavailable"],
  ])("that %s at once is told of once, and never by what a caller has to catch", async (_what, verify, code) => {
    const watched = watch(own(verify));
    expect(await ask(watched.guard, headers)).toBe(code);
    expect(askAtOnce(watched.guard, headers)).toBe(code);
    expect(countsOf(watched)).toEqual({ refused: 2, events: 2, outages: code === "unavailable" ? 2 : 0 });
  });

  it("is not asked about what is no request, which the promise says too", async () => {
    const { guard } = watch(own(boom));
    await expect(guard.authenticate([7] as never)).rejects.toThrow(TypeError);
  });
});

describe("a remembered API key", () => {
  const [credential, headers] = SHOWN["an API key"] as Shown;

  it("is refused from the instant when it expires", async () => {
    const expiring = await createdBy(room.keys, { expiresAt: new Date(room.clock.now + 1_000) });
    await room.keys.verify(expiring.key);
    const { guard } = watch(credential());
    const shown = { authorization: `Bearer ${expiring.key}` };
    room.clock.now += 999;
    expect(askAtOnce(guard, shown)).toMatchObject({ userId: "user-1" });
    room.clock.now += 1;
    expect(await ask(guard, shown)).toBe("expired");
    room.clock.now -= 1_000;
  });

  it("shares no Date with another request", async () => {
    const { guard } = watch(credential());
    const [one, other] = [askAtOnce(guard, headers), askAtOnce(guard, headers)] as { claims: typeof apiKey }[];
    one?.claims.createdAt.setTime(0);
    expect(other?.claims).toEqual(apiKey);
    expect(await room.keys.verify(key)).toEqual(apiKey);
  });

  it("is refused from the moment of its revocation, as is whatever is as long and no key", async () => {
    const { guard } = watch(credential());
    const asked = room.calls.find;
    for (const bad of [`${key.slice(0, -1)}-`, key.toUpperCase(), `${key}x`, key.slice(1)]) {
      expect(await room.keys.verify(bad).catch(({ code }) => code)).toBe("invalid_token");
    }
    expect(room.calls.find).toBe(asked);
    await room.keys.revoke("user-1", apiKey.id);
    expect(askAtOnce(guard, headers)).toBe("waits");
    expect(await ask(guard, headers)).toBe("invalid_token");
  });
});
