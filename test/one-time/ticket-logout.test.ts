import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../src/authenticator/create.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import type { Identity } from "../../src/guard/identity.ts";
import { ticket } from "../../src/one-time/ticket.ts";
import { createOneTimeTokens } from "../../src/one-time/tokens.ts";
import { memoryBlocklist, memoryOneTimeStore, memoryRefreshStore, memoryUsers } from "../../src/stores/memory.ts";
import { codeOf, passwords } from "../support/flow.ts";
import { NOW, profileOf } from "../support/tokens.ts";

const USER = { id: "user-1", login: "reader", passwordHash: null };
const MINUTE = 60_000;
const TOLERANCE = 30_000;

/** Opens what issues tickets behind an access token, and a guard that takes both. */
function houseOf(clockTolerance: 0 | "30s") {
  const clock = { now: NOW };
  const now = () => clock.now;
  const token = profileOf(undefined, { now, clockTolerance });
  const users = memoryUsers();
  users.add(USER);
  const blocklist = memoryBlocklist({ now });
  const auth = createAuthenticator({ token, users, passwords, blocklist, refresh: { store: memoryRefreshStore() } });
  const tickets = createOneTimeTokens({ store: memoryOneTimeStore(), purpose: "socket", lifetime: "1h", now });
  const guard = createGuard({ credentials: [bearer(token), ticket(tickets)], blocklist });
  const logIn = async (): Promise<Identity> => auth.authenticateToken((await auth.startSession(USER)).accessToken);
  const show = (shown: string): Promise<Identity> => guard.authenticate({ url: `/?ticket=${shown}`, headers: {} });
  const issue = async (identity: Identity): Promise<string> => (await tickets.issue(identity)).token;
  return { clock, auth, tickets, logIn, issue, show };
}

describe.each([0, "30s"] as const)("with a clock tolerance of %s, a ticket for an identity", (tolerance) => {
  it.each([0, 1, 1_000, TOLERANCE - 1, TOLERANCE + 1])(
    "of a login after a log-out everywhere is good, also %i ms later",
    async (wait) => {
      const { clock, auth, logIn, issue, show } = houseOf(tolerance);
      await logIn();
      clock.now += MINUTE;
      await auth.logoutEverywhere("user-1");
      clock.now += 1;
      const identity = await logIn();
      clock.now += wait;
      expect(await show(await issue(identity))).toMatchObject({ userId: "user-1", issuedAt: identity.issuedAt });
    },
  );

  it("of a login before a log-out everywhere is refused, also if it was issued after that", async () => {
    for (const wait of [0, 1, TOLERANCE + 1]) {
      const { clock, auth, logIn, issue, show } = houseOf(tolerance);
      const identity = await logIn();
      clock.now += MINUTE;
      const before = await issue(identity);
      await auth.logoutEverywhere("user-1");
      clock.now += wait;
      expect(await codeOf(show(wait === 0 ? before : await issue(identity)))).toBe("revoked");
    }
  });

  it("ends with the next log-out everywhere, however soon that comes", async () => {
    const { auth, logIn, issue, show } = houseOf(tolerance);
    await auth.logoutEverywhere("user-1");
    const shown = await issue(await logIn());
    await auth.logoutEverywhere("user-1");
    expect(await codeOf(show(shown))).toBe("revoked");
  });

  it("that a ticket proved is as old as the first one's identity", async () => {
    const { clock, auth, logIn, issue, show } = houseOf(tolerance);
    const first = await show(await issue(await logIn()));
    clock.now += MINUTE;
    await auth.logoutEverywhere("user-1");
    clock.now += MINUTE;
    expect(await codeOf(show(await issue(first)))).toBe("revoked");
  });
});

describe("a one-time token", () => {
  it("for an identity says when that identity's credential was issued, and when it was issued itself", async () => {
    const { clock, tickets, logIn } = houseOf(0);
    const identity = await logIn();
    clock.now += MINUTE;
    const { token } = await tickets.issue(identity);
    const [issuedAt, credentialIssuedAt] = [new Date(NOW + MINUTE), new Date(NOW)];
    expect(await tickets.consume(token)).toMatchObject({ userId: "user-1", issuedAt, credentialIssuedAt });
  });

  it.each([undefined, null])("for an identity of which that is %s is dated by itself", async (issuedAt) => {
    const { tickets } = houseOf(0);
    const { token } = await tickets.issue({ userId: "user-1", scopes: [], issuedAt } as unknown as Identity);
    expect(await tickets.consume(token)).toMatchObject({ userId: "user-1", credentialIssuedAt: null });
  });

  it.each([
    [-1, 0],
    [Number.NaN, 0],
    [1.5, 1],
    [8.64e15, 8.64e15],
    [Number.MAX_VALUE, 8.64e15],
  ])("for an identity of %d is dated %d", async (given, issuedAt) => {
    const { tickets } = houseOf(0);
    const { token } = await tickets.issue({ userId: "user-1", scopes: [], issuedAt: given } as unknown as Identity);
    expect(await tickets.consume(token)).toMatchObject({ credentialIssuedAt: new Date(issuedAt) });
  });

  it("takes no promise of an identity", async () => {
    const { tickets, logIn } = houseOf(0);
    await expect(tickets.issue(logIn() as unknown as Identity)).rejects.toThrow(/is a promise: await it$/);
  });
});
