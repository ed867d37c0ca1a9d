import { describe, expect, it } from "vitest";
import { handleIntrospect, handleRevoke } from "../../../src/adapters/adapter.ts";
import { secretKey } from "../../../src/core/keys/secret.ts";
import { anyOf } from "../../../src/guard/any-of.ts";
import { bearer } from "../../../src/guard/bearer.ts";
import { cookieToken } from "../../../src/guard/cookie-token.ts";
import { createGuard } from "../../../src/guard/create.ts";
import type { Guard } from "../../../src/guard/guard.ts";
import { scopes } from "../../../src/guard/rules.ts";
import { clientSecrets } from "../../../src/introspection/client-secrets.ts";
import { remoteKeys } from "../../../src/remote/remote-keys.ts";
import { trustIssuer } from "../../../src/remote/trust-issuer.ts";
import { memoryBlocklist } from "../../../src/stores/memory/blocklist.ts";
import { houseOf } from "../../support/flow.ts";
import { profileOf, SECRET } from "../../support/tokens.ts";

const users = profileOf();
const services = profileOf(undefined, { typ: "service+jwt" });
const resolver = async () => users;
const trusted = (audience = "api") => trustIssuer("https://login.example/", { audience });
const guardOf = (token = users) => createGuard({ token });
const secrets = createGuard({ credentials: [clientSecrets({ reports: "a secret of thirty-two characters" })] });

describe("every user could ask where clients is another guard of the same tokens", () => {
  const { auth } = houseOf({ more: { token: users } });
  it.each<readonly [string, Guard, Guard]>([
    ["of the same profile", guardOf(), guardOf()],
    ["of an authenticator's profile", auth, guardOf()],
    ["of a profile among others", guardOf(), createGuard({ credentials: [bearer([services, users])] })],
    ["in a cookie", guardOf(), createGuard({ credentials: [cookieToken(users)] })],
    ["with another blocklist", guardOf(), createGuard({ token: users, blocklist: memoryBlocklist() })],
    ["of a profile that says the same", guardOf(), guardOf(profileOf())],
    [
      "of an audience in common",
      guardOf(profileOf(undefined, { audience: ["a", "b"] })),
      guardOf(profileOf(undefined, { audience: "b" })),
    ],
    ["of one issuer, whose keys are yet to be loaded", guardOf(trusted() as never), guardOf(trusted() as never)],
    [
      "of one resolver",
      createGuard({ credentials: [bearer(resolver)] }),
      createGuard({ credentials: [bearer(resolver)] }),
    ],
    ["of any issuer", guardOf(profileOf(undefined, { issuer: "https://login.example/" })), guardOf()],
    [
      "of any issuer, whose keys are yet to be loaded",
      guardOf(trusted() as never),
      guardOf(profileOf(remoteKeys("https://login.example/jwks") as never, { issuer: null, audience: "api" })),
    ],
    ["in any of several", guardOf(), anyOf(secrets, guardOf())],
    ["as a copy", guardOf(), { ...guardOf() }],
  ])("%s", (_what, guard, clients) => {
    expect(() => handleIntrospect(guard, { clients })).toThrow(/^introspect: every user could ask/);
    expect(handleIntrospect(guard, { clients, rules: [scopes("introspect")] })).toBeTypeOf("function");
  });

  it("for revoke, too", () => {
    expect(() => handleRevoke(auth, { clients: guardOf() })).toThrow(/^revoke: every user could ask/);
  });
});

describe("only services can ask where clients takes other tokens", () => {
  const own: Guard = {
    authenticate: (request) => guardOf().authenticate(request),
    authenticateOptional: (request) => guardOf().authenticateOptional(request),
    authorize: () => undefined,
  };
  it.each<readonly [string, Guard, Guard]>([
    ["secrets", guardOf(), secrets],
    ["of another typ", guardOf(), guardOf(services)],
    ["of another key", guardOf(), guardOf(profileOf(secretKey(`${SECRET} of services`)))],
    ["of another issuer", guardOf(), guardOf(profileOf(undefined, { issuer: "https://services.example/" }))],
    [
      "of another audience",
      guardOf(profileOf(undefined, { audience: "a" })),
      guardOf(profileOf(undefined, { audience: "b" })),
    ],
    ["of tenants", guardOf(), createGuard({ credentials: [bearer(resolver)] })],
    ["of a guard of the application's own, which nobody can look into", guardOf(), own],
  ])("%s", (_what, guard, clients) => {
    expect(handleIntrospect(guard, { clients })).toBeTypeOf("function");
  });
});
