import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { requireAuth } from "../../src/adapters/express.ts";
import {
  bearer,
  type Credential,
  cookieToken,
  createAuthenticator,
  createGuard,
  defineToken,
  fresh,
  scopes,
  secretKey,
  where,
} from "../../src/index.ts";
import { memoryUsers } from "../../src/stores/memory/users.ts";

const whole = { keys: secretKey("a secret of thirty-two bytes, or more"), issuer: null, audience: null };
const token = defineToken({ ...whole, schema: z.object({ tenant: z.string() }) });
const other = defineToken({ ...whole, typ: "other+jwt", schema: z.object({ partner: z.number() }) });
const guard = createGuard({ token });

/** The compiler reads what is in here; nobody runs it. */
function never(_compiled: () => unknown): void {}

describe("what must not compile", () => {
  it("a guard of a token and of credentials, or of neither", () => {
    // @ts-expect-error one or the other
    never(() => createGuard({ token, credentials: [bearer(token)] }));
    // @ts-expect-error a profile is no credential
    never(() => createGuard({ credentials: [token] }));
    // @ts-expect-error credentials are a list
    never(() => createGuard({ credentials: bearer(token) }));
    // @ts-expect-error nothing to let in
    never(() => createGuard({}));
    // @ts-expect-error a credential verifies
    never((): Credential => ({ name: "own", place: "x-own", read: () => null }));
  });

  it("an authenticator of credentials whose claims are others", () => {
    const flow = { token, users: memoryUsers(), claims: () => ({ tenant: "acme" }) };
    never(() => createAuthenticator({ ...flow, credentials: [bearer(token), cookieToken(token)] }));
    // @ts-expect-error its tokens have no tenant
    never(() => createAuthenticator({ ...flow, credentials: [bearer(other)] }));
  });

  it("what is no rule", () => {
    // @ts-expect-error a scope is no rule
    never(() => requireAuth(guard, "read"));
    // @ts-expect-error a predicate is no rule
    never(() => requireAuth(guard, () => true));
    // @ts-expect-error a predicate answers true or false
    never(() => where(() => "yes"));
    // @ts-expect-error a list of scopes is no scope
    never(() => scopes(["read"]));
    // @ts-expect-error misspelt
    never(() => fresh({ maxage: "5m" }));
  });
});

it("the claims of several credentials are those of one of them", async () => {
  const both = createGuard({ credentials: [bearer(token), cookieToken(other)] });
  type Claims = Awaited<ReturnType<typeof both.authenticate>>["claims"];
  expectTypeOf<Extract<Claims, { tenant: string }>>().not.toBeNever();
  expectTypeOf<Extract<Claims, { partner: number }>>().not.toBeNever();
  // @ts-expect-error only one of them has a tenant
  never(async () => (await both.authenticate({ headers: {} })).claims.tenant);
});
