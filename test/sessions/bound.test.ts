import { describe, expect, it } from "vitest";
import { handleLogin, handleRefresh } from "../../src/adapters/flow.ts";
import { handleSession } from "../../src/adapters/session.ts";
import { decodeToken } from "../../src/core/token/decode.ts";
import { dpop } from "../../src/dpop.ts";
import { bearer } from "../../src/guard/bearer.ts";
import { cookieToken } from "../../src/guard/cookie-token.ts";
import type { DpopProof } from "../../src/guard/proof-verifier.ts";
import { memoryProofs, memoryRefreshStore } from "../../src/stores/memory.ts";
import { clientKey, proofOf } from "../support/dpop.ts";
import { codeOf, houseOf, OUTAGES, PASSWORD, READER } from "../support/flow.ts";
import { NOW, profileOf, signed } from "../support/tokens.ts";

const ORIGIN = "https://api.example.com";
const KEY = clientKey();
const OTHER = clientKey();
const boundTo = KEY.jkt;
const cnfOf = (token: string): unknown => decodeToken(token).claims.cnf;

function boundHouse(proofs = memoryProofs(), more: object = {}) {
  const token = profileOf(undefined, { now: () => NOW });
  const credential = dpop(token, { origin: ORIGIN, proofs, storeTimeoutMs: 40 });
  const house = houseOf({ more: { token, credentials: [bearer(token), credential], ...more } as never });
  const identify = (accessToken: string) => {
    const headers = {
      authorization: `DPoP ${accessToken}`,
      dpop: proofOf(KEY, { url: `${ORIGIN}/me`, token: accessToken }),
    };
    return house.auth.authenticate({ method: "GET", url: "/me", headers });
  };
  return { ...house, identify };
}

describe("a session that is bound to a key", () => {
  it("has access tokens that are bound to it, however it began", async () => {
    const { auth } = boundHouse();
    const proof = await auth.verifyPassword(READER);
    for (const begin of [
      () => auth.login(READER, {}, { boundTo }),
      () => auth.startSession({ id: "user-1" }, { boundTo }),
      () => auth.startSession(proof, { boundTo }),
      () => auth.changePassword({ ...READER, newPassword: PASSWORD }, {}, { boundTo }),
    ]) {
      const begun = await begin();
      expect([begun.tokenType, cnfOf(begun.accessToken)]).toEqual(["DPoP", { jkt: boundTo }]);
      const next = await auth.refresh(begun.refreshToken, { boundTo });
      expect([next.tokenType, cnfOf(next.accessToken)]).toEqual(["DPoP", { jkt: boundTo }]);
    }
  });

  it("is refreshed by its own key alone, and nothing is spent by another", async () => {
    const { auth } = boundHouse();
    const { refreshToken } = await auth.login(READER, {}, { boundTo });
    for (const options of [{}, { boundTo: OTHER.jkt }, { boundTo: undefined }]) {
      expect(await codeOf(auth.refresh(refreshToken, options))).toBe("invalid_dpop_proof");
    }
    const next = await auth.refresh(refreshToken, { boundTo });
    await auth.refresh(next.refreshToken, { boundTo });
    // Whoever stole an old token, and has no key, can't even end the session.
    expect(await codeOf(auth.refresh(refreshToken, { boundTo: OTHER.jkt }))).toBe("invalid_dpop_proof");
    expect(await codeOf(auth.refresh(next.refreshToken, { boundTo }))).toBe("ok");
  });

  it("keeps its binding where its user proves the password again, and where that is changed", async () => {
    const { auth, identify } = boundHouse();
    const { accessToken, refreshToken } = await auth.login(READER, {}, { boundTo });
    const again = await auth.reauthenticate(await identify(accessToken), { password: PASSWORD });
    expect([again.tokenType, cnfOf(again.accessToken)]).toEqual(["DPoP", { jkt: boundTo }]);
    const change = { password: PASSWORD, newPassword: PASSWORD };
    const kept = await auth.changePassword(await identify(again.accessToken), change, {}, { keepSession: true });
    expect([kept.tokenType, cnfOf(kept.accessToken)]).toEqual(["DPoP", { jkt: boundTo }]);
    expect(await codeOf(auth.refresh(refreshToken))).toBe("invalid_dpop_proof");
    expect((await auth.refresh(refreshToken, { boundTo })).tokenType).toBe("DPoP");
    const anew = await auth.changePassword(await identify(kept.accessToken), change);
    expect([anew.tokenType, cnfOf(anew.accessToken)]).toEqual(["DPoP", { jkt: boundTo }]);
    expect(await codeOf(auth.refresh(anew.refreshToken))).toBe("invalid_dpop_proof");
    const to = { boundTo: OTHER.jkt };
    const moved = await auth.changePassword(await identify(anew.accessToken), change, {}, to);
    expect(cnfOf(moved.accessToken)).toEqual({ jkt: OTHER.jkt });
  });

  it("is bound whatever the application's claims and schema say", async () => {
    const validate = () => ({ value: { name: "Ada" } });
    const schema = { "~standard": { version: 1, vendor: "test", validate } } as const;
    const token = profileOf(undefined, { now: () => NOW, schema } as never);
    const credential = dpop(token, { origin: ORIGIN, proofs: memoryProofs() });
    const claims = () => ({ cnf: { jkt: OTHER.jkt } });
    const { auth, identify } = boundHouse(undefined, { token, claims, credentials: [credential] });
    const { accessToken } = await auth.login(READER, {}, { boundTo });
    expect(cnfOf(accessToken)).toEqual({ jkt: boundTo });
    expect((await identify(accessToken)).claims).toMatchObject({ name: "Ada", cnf: { jkt: boundTo } });
  });

  it.each([{}, undefined, "none", { jkt: OTHER.jkt }])("stays bound where a schema makes %j of cnf", async (cnf) => {
    const validate = () => ({ value: { cnf } });
    const schema = { "~standard": { version: 1, vendor: "test", validate } } as const;
    const token = profileOf(undefined, { now: () => NOW, schema } as never);
    const credential = dpop(token, { origin: ORIGIN, proofs: memoryProofs() });
    const { auth, identify } = boundHouse(undefined, { token, credentials: [bearer(token), credential] });
    const identity = await identify((await auth.login(READER, {}, { boundTo })).accessToken);
    expect(identity.claims).toMatchObject({ cnf: { jkt: boundTo } });
    const again = await auth.reauthenticate(identity, { password: PASSWORD });
    expect([again.tokenType, cnfOf(again.accessToken)]).toEqual(["DPoP", { jkt: boundTo }]);
    const change = { password: PASSWORD, newPassword: `${PASSWORD}, twice` };
    const kept = await auth.changePassword(identity, change, {}, { keepSession: true });
    expect([kept.tokenType, cnfOf(kept.accessToken)]).toEqual(["DPoP", { jkt: boundTo }]);
    const plain = await auth.authenticate(
      `Bearer ${(await auth.login({ ...READER, password: change.newPassword })).accessToken}`,
    );
    expect(plain.claims).not.toHaveProperty("cnf");
  });

  it.each(["", "x", `${boundTo}=`, 7, null, [boundTo]])("is bound to a thumbprint, and %j is none", async (wrong) => {
    const { auth } = boundHouse();
    const options = { boundTo: wrong as string };
    await expect(auth.login(READER, {}, options)).rejects.toThrow(/login: boundTo must be the jkt of a verified proof/);
    await expect(auth.startSession({ id: "user-1" }, options)).rejects.toThrow(/startSession: boundTo must be/);
    const { refreshToken } = await auth.login(READER);
    await expect(auth.refresh(refreshToken, options)).rejects.toThrow(/refresh: boundTo must be/);
    await expect(auth.refresh(refreshToken, { bound: boundTo } as never)).rejects.toThrow(/no option "bound"/);
  });
});

/** A request for tokens, with a proof. */
const request = () => {
  const dpop = proofOf(KEY, { method: "POST", url: `${ORIGIN}/token` });
  return { method: "POST", url: "/token", headers: { dpop } };
};

const changed = { ...READER, newPassword: PASSWORD };

describe("a proof that was checked and not used", () => {
  it("is used by the verb that binds tokens to its key, once", async () => {
    const { auth } = boundHouse();
    const proof = await auth.verifyPassword(READER);
    const { refreshToken } = await auth.login(READER, {}, { boundTo });
    const identity = await auth.authenticate(`Bearer ${(await auth.login(READER)).accessToken}`);
    for (const verb of [
      (given: DpopProof) => auth.login(READER, {}, { boundTo: given }),
      (given: DpopProof) => auth.startSession({ id: "user-1" }, { boundTo: given }),
      (given: DpopProof) => auth.startSession(proof, { boundTo: given }),
      (given: DpopProof) => auth.refresh(refreshToken, { boundTo: given }),
      (given: DpopProof) => auth.changePassword(changed, {}, { boundTo: given }),
      (given: DpopProof) => auth.changePassword(identity, changed, {}, { boundTo: given }),
    ]) {
      const sent = request();
      const [one, other] = [await auth.proofs?.check(sent), await auth.proofs?.check(sent)] as DpopProof[];
      expect({ ...one }).toEqual({ jkt: boundTo, jti: expect.any(String) });
      const { accessToken, tokenType } = await verb(one as DpopProof);
      expect([tokenType, cnfOf(accessToken)]).toEqual(["DPoP", { jkt: boundTo }]);
      const before = await auth.sessions("user-1");
      const refusal = await verb(other as DpopProof).catch((error) => error);
      expect(refusal).toMatchObject({
        code: "invalid_dpop_proof",
        cause: { message: expect.stringMatching(/before/) },
      });
      expect(refusal.headers["WWW-Authenticate"]).toMatch(/^DPoP realm="api", .*algs="ES256.*, Bearer realm="api"$/);
      expect(await auth.sessions("user-1")).toEqual(before);
    }
  });

  it.each([{}, { cookie: {} }])(
    "binds the session that a handler begins, whatever the application leaves out of its options, with %j",
    async (refresh) => {
      const { auth } = boundHouse(undefined, { refresh: { store: memoryRefreshStore(), ...refresh } });
      const body = () => READER;
      for (const handle of [
        handleLogin(auth, { session: () => ({ boundTo: undefined }) }),
        handleSession(auth, () => ({ user: { id: "user-1" }, boundTo: undefined })),
      ]) {
        const sent = request();
        const parts = { header: () => null, authRequest: () => sent, ip: () => undefined, hasBody: () => true, body };
        expect((await handle(parts)).body).toMatchObject({ token_type: "DPoP" });
      }
    },
  );

  it("is taken as it is: a copy could be used again", async () => {
    const { auth } = boundHouse();
    const proof = (await auth.proofs?.check(request())) as DpopProof;
    expect(await auth.proofs?.check({ headers: {} })).toBeNull();
    const use = async () => {};
    const unreadable = { jkt: undefined, [Symbol.for("hallpass.useProof")]: use };
    for (const wrong of [{ ...proof }, { jkt: boundTo, jti: "x" }, structuredClone(proof), unreadable as never]) {
      await expect(auth.login(READER, {}, { boundTo: wrong })).rejects.toThrow(/what proofs.check gave, as it is/);
    }
    const used = (await auth.proofs?.verify(request())) as DpopProof;
    for (const given of [used, used, proof]) {
      expect((await auth.login(READER, {}, { boundTo: given })).tokenType).toBe("DPoP");
    }
  });

  it("is told of once where a verb refuses it, and where its store is down", async () => {
    const events: unknown[] = [];
    const onEvent = ({ type, code, operation }: Record<string, unknown>) => events.push([type, code ?? operation]);
    const used = new Set<string>();
    let isDown = false;
    const remember = (id: string) => !isDown && !used.has(id) && used.add(id) !== undefined;
    const proofs = {
      remember: async (id: string) => (isDown ? (Promise.reject(new Error("down")) as never) : remember(id)),
    };
    const { auth } = boundHouse(proofs as never, { onEvent });
    const { refreshToken } = await auth.login(READER, {}, { boundTo });
    const sent = request();
    await auth.proofs?.verify(sent);
    const replayed = () => auth.proofs?.check(sent) as Promise<DpopProof>;
    for (const [verb, type] of [
      [async () => auth.login(READER, {}, { boundTo: await replayed() }), "login_refused"],
      [async () => auth.startSession({ id: "user-1" }, { boundTo: await replayed() }), "login_refused"],
      [async () => auth.refresh(refreshToken, { boundTo: await replayed() }), "refresh_refused"],
    ] as const) {
      events.length = 0;
      expect(await codeOf(verb())).toBe("invalid_dpop_proof");
      expect(events).toEqual([[type, "invalid_dpop_proof"]]);
    }
    isDown = true;
    events.length = 0;
    expect(await codeOf(auth.login(READER, {}, { boundTo: await replayed() }))).toBe("unavailable");
    expect(events).toEqual([["outage", "login"]]);
  });
});

describe("a proof that was checked a while ago", () => {
  const open = (nonce: object = {}) => {
    const clock = { now: NOW };
    const asked: number[] = [];
    const remember = async (_id: string, _expiresAt: Date, at: Date) => asked.push(at.getTime()) > 0;
    const token = profileOf(undefined, { now: () => clock.now });
    const credential = dpop(token, { origin: ORIGIN, proofs: { remember }, ...nonce });
    const credentials = [bearer(token), credential];
    const store = memoryRefreshStore();
    const finding = { meanwhile: () => {} };
    const findSession: typeof store.findSession = (...args) => {
      finding.meanwhile();
      return store.findSession(...args);
    };
    const more = { token, credentials } as never;
    const { auth } = houseOf({ clock, store: { ...store, findSession }, refresh: { cookie: {} } as never, more });
    return { auth, clock, asked, finding };
  };

  it("has to be good at its use too, which is what the store is told", async () => {
    const { auth, clock, asked } = open();
    const begun = await auth.login(READER, {}, { boundTo });
    for (const verb of [
      (given: DpopProof) => auth.login(READER, {}, { boundTo: given }),
      (given: DpopProof) => auth.startSession({ id: "user-1" }, { boundTo: given }),
      (given: DpopProof) => auth.refresh(begun.refreshToken, { boundTo: given }),
      (given: DpopProof) => auth.changePassword(changed, {}, { boundTo: given }),
    ]) {
      clock.now = NOW;
      asked.length = 0;
      const [one, other] = [await auth.proofs?.check(request()), await auth.proofs?.check(request())] as DpopProof[];
      clock.now = NOW + 90_001;
      expect(await codeOf(verb(one as DpopProof))).toBe("invalid_dpop_proof");
      expect(asked).toEqual([]);
      clock.now = NOW + 90_000;
      expect(await codeOf(verb(other as DpopProof))).toBe("ok");
      expect(asked).toEqual([clock.now]);
    }
  });

  it("asks for another nonce where its own is over, and the cookie of the session stays", async () => {
    const { auth, clock, finding } = open({ nonce: { secret: "x".repeat(32) } });
    const { refreshToken } = await auth.login(READER, {}, { boundTo });
    const nonce = auth.proofs?.nonce();
    const headers: Record<string, string> = {
      cookie: `__Host-refresh=${refreshToken}`,
      "sec-fetch-site": "same-origin",
      dpop: proofOf(KEY, { method: "POST", url: `${ORIGIN}/refresh` }, { payload: { nonce } }),
    };
    const header = (name: string) => headers[name];
    const authRequest = () => ({ method: "POST", url: "/refresh", headers });
    const parts = { header, authRequest, ip: () => "127.0.0.1", hasBody: () => false, body: () => undefined };
    finding.meanwhile = () => {
      clock.now = NOW + 700_000;
    };
    const refusal = await handleRefresh(auth)(parts).catch((error) => error);
    expect(refusal).toMatchObject({ code: "use_dpop_nonce", headers: { "DPoP-Nonce": auth.proofs?.nonce() } });
    expect(refusal.headers).not.toHaveProperty("Set-Cookie");
  });
});

describe("where no credential takes a token but one that is bound", () => {
  it("no verb gives another one, and none has done anything before it refuses", async () => {
    const token = profileOf(undefined, { now: () => NOW });
    const credentials = [dpop(token, { origin: ORIGIN, proofs: memoryProofs() })];
    const house = boundHouse(undefined, { token, credentials });
    const { auth, identify } = house;
    const earlier = await houseOf({ like: house }).auth.login(READER);
    const changed = { ...READER, newPassword: `${PASSWORD}, twice` };
    const proof = await auth.verifyPassword(READER);
    const { accessToken, refreshToken } = await auth.login(READER, {}, { boundTo });
    const identity = await identify(accessToken);
    const unbound = { ...identity, claims: {} };
    const before = await auth.sessions("user-1");
    for (const verb of [
      () => auth.login(READER, { refreshToken }),
      () => auth.login({ ...READER, password: "wrong" }),
      () => auth.startSession({ id: "user-1" }, { refreshToken }),
      () => auth.startSession(proof, { boundTo: undefined }),
      () => auth.refresh(refreshToken),
      () => auth.refresh(earlier.refreshToken),
      () => auth.changePassword(changed),
      () => auth.changePassword(unbound, changed),
      () => auth.changePassword(unbound, changed, {}, { keepSession: true }),
      () => auth.reauthenticate(unbound, { password: PASSWORD }),
    ]) {
      const refusal = await verb().catch((error) => error);
      expect([refusal.code, refusal.headers["WWW-Authenticate"]]).toEqual([
        "invalid_dpop_proof",
        expect.stringMatching(/^DPoP realm="api", error="invalid_dpop_proof"/),
      ]);
      expect(await auth.sessions("user-1")).toEqual(before);
    }
    expect((await auth.reauthenticate(identity, { password: PASSWORD })).tokenType).toBe("DPoP");
    expect((await auth.changePassword(identity, changed)).tokenType).toBe("DPoP");
  });
});

describe("the credentials of an authenticator", () => {
  const own = profileOf(undefined, { now: () => NOW });
  const foreign = profileOf(undefined, { now: () => NOW, issuer: "https://other.example.com" } as never);
  const proving = (profile: typeof own) => dpop(profile, { origin: ORIGIN, proofs: memoryProofs() });
  const placesOf = (credentials: readonly unknown[]) => {
    const { takesBearer, tokenCookie, proofs } = houseOf({ more: { token: own, credentials } as never }).auth;
    return [takesBearer, tokenCookie !== null, proofs !== null];
  };

  it("say where its own tokens go, whatever they take of others", () => {
    expect(placesOf([bearer(own)])).toEqual([true, false, false]);
    expect(placesOf([bearer([foreign, own]), cookieToken(own)])).toEqual([true, true, false]);
    expect(placesOf([bearer(foreign), proving(own)])).toEqual([false, false, true]);
    expect(placesOf([bearer(own), cookieToken(foreign)])).toEqual([true, false, false]);
    expect(placesOf([bearer(own), proving(foreign)])).toEqual([true, false, false]);
    expect(placesOf([bearer(() => foreign), proving(own)])).toEqual([true, false, true]);
  });
});

describe("the proofs of an authenticator", () => {
  it("are there where dpop is among its credentials", async () => {
    expect(houseOf().auth.proofs).toBeNull();
    const { auth } = boundHouse(undefined, { realm: "orders" });
    expect(await auth.proofs?.verify(request())).toMatchObject({ jkt: boundTo });
    expect(await auth.proofs?.verifyOptional({ headers: {} })).toBeNull();
    expect(auth.proofs?.nonce()).toBeNull();
    const refusal = await auth.proofs?.verify({ headers: {} }).catch((error) => error);
    expect(refusal.headers["WWW-Authenticate"]).toMatch(
      /^DPoP realm="orders", error="invalid_dpop_proof", .*, Bearer realm="orders"$/,
    );
  });

  it("tell the listeners of refusals and outages", async () => {
    const events: unknown[] = [];
    const onEvent = ({ type, code }: { type: string; code?: string }) => events.push([type, code]);
    const { auth } = boundHouse(undefined, { onEvent });
    await codeOf(auth.proofs?.verify({ headers: {} }) as Promise<unknown>);
    expect(events).toEqual([["token_refused", "invalid_dpop_proof"]]);
    await expect(auth.proofs?.verify(7 as never)).rejects.toThrow(TypeError);
    for (const [, remember] of OUTAGES) {
      const outages: unknown[] = [];
      const onOutage = (_error: unknown, { operation, call }: { operation: string; call: string }) =>
        outages.push([operation, call]);
      const { auth } = boundHouse({ remember: remember as never }, { onOutage });
      expect(await codeOf(auth.proofs?.verify(request()) as Promise<unknown>)).toBe("unavailable");
      expect(outages).toEqual([["verifyProof", "proofs.remember"]]);
    }
  });

  it("have the clock of the profile, and so have the rules and the events of the guard", async () => {
    const times: number[] = [];
    const { auth, identify } = boundHouse(undefined, { onEvent: ({ at }: { at: number }) => times.push(at) });
    expect(await codeOf(identify(signed()))).toBe("invalid_token");
    expect(times).toEqual([NOW]);
    expect(auth.stats().cache.misses).toBe(1);
  });
});
