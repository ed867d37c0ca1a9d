import * as v from "valibot";
import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  type AuthError,
  anyOf,
  createAuthenticator,
  createGuard,
  defineToken,
  generateKey,
  type Identity,
  importKey,
  issueToken,
  keyRing,
  type OutageContext,
  type PasswordProof,
  type SigningKey,
  secretKey,
  type User,
  type UserStore,
  type VerifyingKey,
  type verifyToken,
} from "../../src/index.ts";
import { memoryBlocklist, memoryRefreshStore } from "../../src/stores/memory.ts";

const keys = secretKey("a secret of thirty-two bytes, or more");
const whole = { keys, issuer: null, audience: null };
const users: UserStore = { findById: async () => null, findCredentials: async () => null };
const plain = defineToken(whole);
const byZod = defineToken({ ...whole, schema: z.object({ tenant: z.string(), level: z.number().default(1) }) });
const byValibot = defineToken({ ...whole, schema: v.object({ tenant: v.string() }) });

/** The compiler reads what is in here; nobody runs it. */
function never(_compiled: () => unknown): void {}

describe("what must not compile", () => {
  it("a token without its checks", () => {
    // @ts-expect-error issuer is missing
    never(() => defineToken({ keys, audience: null }));
    // @ts-expect-error audience is missing
    never(() => defineToken({ keys, issuer: null }));
    // @ts-expect-error an unset variable is no issuer
    never(() => defineToken({ keys, issuer: process.env.ISSUER, audience: null }));
    // @ts-expect-error undefined is no option
    never(() => defineToken({ ...whole, typ: undefined }));
    // @ts-expect-error a Duration has no spaces
    never(() => defineToken({ ...whole, expiresIn: "15 minutes" }));
    // @ts-expect-error a secret is no key
    never(() => defineToken({ ...whole, keys: "secret" }));
    // @ts-expect-error importKey has to be awaited
    never(() => defineToken({ ...whole, keys: importKey("") }));
  });

  it("a session that is not as one can be, or nobody's", () => {
    const auth = createAuthenticator({ token: plain, users, refresh: { store: memoryRefreshStore() } });
    // @ts-expect-error an id is no user
    never(() => auth.startSession("user-1"));
    // @ts-expect-error a promise of a proof is none
    never(() => auth.startSession(auth.verifyPassword({})));
    // @ts-expect-error a misspelt option
    never(() => auth.startSession({ id: "user-1" }, { method: ["pwd"] }));
    // @ts-expect-error a login is dated by itself
    never(() => auth.login({}, {}, { provenAt: new Date() }));
    const own = { userId: "user-1", scopes: [], sid: "s", claims: {} } as unknown as Identity;
    // @ts-expect-error a session that is kept has no other refresh token
    never(async () => (await auth.changePassword(own, {}, {}, { keepSession: true })).refreshToken);
    never(async () => (await auth.changePassword(own, {}, {})).refreshToken);
    never(async () => (await auth.startSession({ id: "user-1" })).refreshToken);
    const plainAuth = createAuthenticator({ token: plain, users });
    // @ts-expect-error there are no sessions, and so no refresh token
    never(async () => (await plainAuth.startSession({ id: "user-1" })).refreshToken);
    // @ts-expect-error without sessions and blocklist a reset could end nothing
    never(() => plainAuth.resetPassword("user-1", "next"));
    expectTypeOf(auth.verifyPassword).returns.resolves.toEqualTypeOf<PasswordProof<User>>();
  });

  it("claims that the profile writes, or that don't fit", () => {
    // @ts-expect-error exp is the profile's
    never(() => issueToken({ exp: 1 }, plain));
    // @ts-expect-error jti is the profile's
    never(() => issueToken({ jti: "x" }, plain));
    // @ts-expect-error sub is a string
    never(() => issueToken({ sub: 1 }, plain));
    // @ts-expect-error tenant is missing
    never(() => issueToken({ sub: "x" }, byZod));
    // @ts-expect-error tenant is a string
    never(() => issueToken({ tenant: 1 }, byZod));
    // @ts-expect-error tenant is a string
    never(() => issueToken({ tenant: 1 }, byValibot));
    // @ts-expect-error iss is the profile's, whatever the schema
    never(() => issueToken({ tenant: "x", iss: "me" }, byValibot));
  });

  it("keys of another kind", () => {
    // @ts-expect-error RS256 takes no secret
    never(() => secretKey("x", { algorithm: "RS256" }));
    // @ts-expect-error none is no algorithm
    never(() => generateKey("none"));
    // @ts-expect-error a ring has at least one key
    never(() => keyRing());
  });

  it("an authenticator that lacks something", () => {
    // @ts-expect-error the schema asks for a tenant
    never(() => createAuthenticator({ token: byZod, users }));
    // @ts-expect-error tenant is a string
    never(() => createAuthenticator({ token: byZod, users, claims: () => ({ tenant: 1 }) }));
    // @ts-expect-error there is no logout without a blocklist
    never(() => createAuthenticator({ token: plain, users }).logout);
    never(() => createAuthenticator({ token: plain, users, blocklist: memoryBlocklist() }).logout);
    never(() => createAuthenticator({ token: byZod, users, claims: () => ({ tenant: "x" }) }));
  });
});

it("claims have the types of their schema", () => {
  expectTypeOf<Awaited<ReturnType<typeof verifyToken<typeof byZod>>>>().toExtend<{
    tenant: string;
    level: number;
    exp: number;
    sub?: string;
  }>();
  expectTypeOf<Awaited<ReturnType<typeof verifyToken<typeof byValibot>>>["tenant"]>().toEqualTypeOf<string>();
  expectTypeOf<Awaited<ReturnType<typeof verifyToken<typeof plain>>>["anything"]>().toEqualTypeOf<unknown>();
});

it("an identity is what was signed, whatever type a schema makes of it", () => {
  const numbered = defineToken({ ...whole, schema: z.object({ sub: z.string().transform(Number) }) });
  const guard = createGuard({ token: numbered });
  type Found = Awaited<ReturnType<typeof guard.authenticate>>;
  expectTypeOf<Found["userId"]>().toEqualTypeOf<string>();
  expectTypeOf<Found["scopes"]>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<Found["sid"]>().toEqualTypeOf<string | null>();
  expectTypeOf<Found["claims"]["sub"]>().toEqualTypeOf<number>();
});

it("several guards give the claims of each", () => {
  const guard = anyOf(createGuard({ token: byZod }), createAuthenticator({ token: plain, users }));
  type Found = Awaited<ReturnType<typeof guard.authenticate>>["claims"];
  expectTypeOf<Extract<Found, { level: number }>["level"]>().toEqualTypeOf<number>();
  expectTypeOf<Found["exp"]>().toEqualTypeOf<number>();
  // @ts-expect-error a token profile is no guard
  never(() => anyOf(plain));
});

it("a listener is told of outages in types of its own", () => {
  const onOutage = (error: AuthError, { operation, refused, call, durationMs }: OutageContext): void => {
    expectTypeOf(error.code).toExtend<string>();
    expectTypeOf(operation).toExtend<string>();
    expectTypeOf(refused).toEqualTypeOf<boolean>();
    expectTypeOf(call).toEqualTypeOf<string | undefined>();
    expectTypeOf(durationMs).toEqualTypeOf<number | undefined>();
  };
  never(() => createGuard({ token: plain, onOutage }));
  never(() => createAuthenticator({ token: plain, users, onOutage: async (error) => error.cause }));
  // @ts-expect-error it is told of an error
  never(() => createGuard({ token: plain, onOutage: (error: string) => error }));
});

it("nothing is any", () => {
  expectTypeOf<Awaited<ReturnType<typeof importKey>>>().toEqualTypeOf<SigningKey | VerifyingKey>();
  expectTypeOf(keys).not.toBeAny();
  expectTypeOf<Awaited<ReturnType<typeof verifyToken<typeof plain>>>>().not.toBeAny();
  expectTypeOf<Awaited<ReturnType<typeof generateKey>>>().not.toBeAny();
});
