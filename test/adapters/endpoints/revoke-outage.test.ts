import { expect, it } from "vitest";
import { type AdapterRequest, handleRevoke, type RevokeOptions } from "../../../src/adapters/adapter.ts";
import { createGuard } from "../../../src/guard/create.ts";
import { clientSecrets } from "../../../src/introspection/client-secrets.ts";
import { codeOf, houseOf, OUTAGES } from "../../support/flow.ts";

const SECRET = "a secret of thirty-two characters";
const clients = createGuard({ credentials: [clientSecrets({ reports: SECRET })] });
const authorization = `Basic ${Buffer.from(`reports:${SECRET}`).toString("base64")}`;

const revoke = (auth: unknown, token: string, options: Partial<RevokeOptions> = {}) =>
  handleRevoke(auth as never, { clients, ...options })({
    header: () => undefined,
    authRequest: () => ({ method: "POST", headers: { authorization } }),
    ip: () => undefined,
    hasBody: () => true,
    form: () => ({ token }),
  } as unknown as AdapterRequest);

it.each(OUTAGES)("a leaked refresh token is revoked while the user store %s", async (_what, fail) => {
  const house = houseOf();
  const { refreshToken, accessToken } = await house.auth.startSession({ id: "user-1" });
  const outages: unknown[] = [];
  const onOutage = (error: unknown) => void outages.push(error);
  const users = { findById: fail, findCredentials: fail };
  const { auth } = houseOf({ like: house, users, more: { onOutage } });
  const seen: unknown[] = [];
  const mayRevoke: RevokeOptions["mayRevoke"] = (identity) => seen.push(identity) > 0;
  expect(await revoke(auth, refreshToken, { mayRevoke })).toMatchObject({ status: 200 });
  expect(seen).toMatchObject([{ userId: "user-1", credential: "refresh", methods: [] }]);
  expect(outages).toEqual([]);
  expect(await codeOf(house.auth.refresh(refreshToken))).toBe("invalid_refresh_token");
  expect(await codeOf(house.auth.authenticateToken(accessToken))).toBe("revoked");
});

it("an outage of the refresh store is one, and so is what an authenticator of the application's own meets", async () => {
  const house = houseOf();
  const { refreshToken } = await house.auth.startSession({ id: "user-1" });
  const findSession = async () => Promise.reject(new Error("boo"));
  const { auth } = houseOf({ like: house, store: { findSession } });
  expect(await codeOf(revoke(auth, refreshToken))).toBe("unavailable");
  const asked: unknown[] = [];
  const inspectRefreshToken = async (token: unknown) => {
    asked.push(token);
    return house.auth.inspectRefreshToken(token);
  };
  expect(await revoke({ ...house.auth, inspectRefreshToken }, refreshToken)).toMatchObject({ status: 200 });
  expect(asked).toEqual([refreshToken]);
});
