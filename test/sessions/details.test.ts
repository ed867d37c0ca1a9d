import { describe, expect, it } from "vitest";
import { decodeToken } from "../../src/core/token/decode.ts";
import { readDetails, type SessionDetails, writeDetails } from "../../src/sessions/details.ts";
import { trimDevice } from "../../src/sessions/device.ts";
import { MAX_DETAILS_LENGTH } from "../../src/shared/limits.ts";
import { codeOf, houseOf, READER } from "../support/flow.ts";
import { newSession } from "../support/sessions.ts";
import { NOW, SECOND } from "../support/tokens.ts";

const USUAL: SessionDetails = {
  authenticatedAt: NOW,
  methods: ["pwd"],
  acr: null,
  device: {},
  idleLifetime: null,
  absoluteLifetime: null,
  persistent: true,
  boundTo: null,
};
const createdAt = new Date(NOW);

describe("the details of a session", () => {
  it.each<readonly [string, Partial<SessionDetails>]>([
    ["as usual", {}],
    ["of a later proof", { authenticatedAt: NOW + 5 }],
    ["of no method", { methods: [] }],
    ["of a class", { acr: "urn:example:gold" }],
    ["of a device", { device: { label: "desk", userAgent: 'a "browser"', address: "192.0.2.1" } }],
    ["bound to a key", { boundTo: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }],
    ["of a short life", { idleLifetime: 1_000, absoluteLifetime: 2_000, persistent: false }],
  ])("%s are read as they were written", (_what, change) => {
    const details = { ...USUAL, ...change };
    expect(readDetails(newSession({ createdAt, details: writeDetails(details, createdAt) }))).toEqual(details);
  });

  it("are short where all is as usual", () => {
    expect(writeDetails(USUAL, createdAt)).toBe("{}");
  });

  it("are short enough for a store, whatever they are made of", () => {
    const bad = '\\"'.repeat(10_000);
    const longest = {
      authenticatedAt: NOW + 1,
      methods: Array(8).fill("\\".repeat(64)),
      acr: "\\".repeat(255),
      device: trimDevice({ label: bad, userAgent: bad, address: bad }),
      idleLifetime: 3_153_600_000_000,
      absoluteLifetime: 3_153_600_000_000,
      persistent: false,
      boundTo: "x".repeat(43),
    };
    expect(writeDetails(longest, createdAt).length).toBeLessThanOrEqual(MAX_DETAILS_LENGTH);
  });

  it("are never given to a store where they are too long", () => {
    const acr = (length: number): SessionDetails => ({ ...USUAL, acr: "x".repeat(length) });
    const most = MAX_DETAILS_LENGTH - '{"acr":""}'.length;
    expect(writeDetails(acr(most), createdAt)).toHaveLength(MAX_DETAILS_LENGTH);
    expect(() => writeDetails(acr(most + 1), createdAt)).toThrow("at most 4096 characters");
  });

  const damaged = [
    ...["x", "1", "null", "[]", '{"amr":1}', '{"amr":[],"at":"x"}', '{"amr":[],"at":null}', '{"at":1e300}'],
    ...[
      '{"amr":[{}]}',
      `{"amr":[${'"x",'.repeat(8)}"x"]}`,
      '{"acr":{}}',
      '{"acr":null}',
      `{"acr":"${"x".repeat(256)}"}`,
    ],
    ...['{"device":null}', '{"device":"desk"}', '{"device":{"label":{}}}', '{"persistent":"false"}'],
    ...['{"jkt":null}', '{"jkt":1}', '{"jkt":""}', `{"jkt":"${"x".repeat(42)}="}`],
    ...['{"idle":"x"}', '{"idle":null}', '{"idle":0}', '{"absolute":{}}', '{"absolute":-1e300}', '{"absolute":1.5}'],
  ];

  it.each(damaged)("that are %s are an outage", async (details) => {
    const real = houseOf();
    const { refreshToken } = await real.auth.login(READER);
    const store = {
      findSession: async (family: string) => {
        const session = await real.store.findSession(family);
        return session && { ...session, details };
      },
      sessions: async (...args: Parameters<typeof real.store.sessions>) =>
        (await real.store.sessions(...args)).map((session) => ({ ...session, details })),
    };
    const { auth } = houseOf({ like: real, store });
    expect(await codeOf(auth.refresh(refreshToken))).toBe("unavailable");
    expect(await codeOf(auth.sessions("user-1"))).toBe("unavailable");
  });

  it("may be missing in a session of before, which goes on", async () => {
    const real = houseOf();
    const { startSession } = real.store;
    const store: Partial<typeof real.store> = {
      startSession: (session, ...rest) => startSession({ ...session, details: "" }, ...rest),
    };
    const { refreshToken } = await houseOf({ like: real, store }).auth.login(READER);
    real.clock.now += 60_000;
    const { accessToken } = await real.auth.refresh(refreshToken);
    expect(decodeToken(accessToken).claims).toMatchObject({ auth_time: SECOND });
    expect(decodeToken(accessToken).claims).not.toHaveProperty("amr");
    expect(await real.auth.sessions("user-1")).toMatchObject([
      { methods: [], authenticatedAt: createdAt, persistent: true },
    ]);
  });
});

describe("a device", () => {
  it("is cut, and loses what no page should show", () => {
    const device = {
      label: `a\u0000b\u202ec\n${"x".repeat(200)}`,
      userAgent: "u".repeat(600),
      address: "1".repeat(70),
    };
    const { label, userAgent, address } = trimDevice(device);
    expect(label).toBe(`abc${"x".repeat(94)}`);
    expect([userAgent?.length, address?.length]).toEqual([500, 64]);
  });

  it("is never cut through a character, and is well-formed", () => {
    expect(trimDevice({ label: `${"x".repeat(99)}\u{1f511}` }).label).toBe("x".repeat(99));
    expect(trimDevice({ label: "a\ud800b" }).label).toBe("a\ufffdb");
  });

  it("is as empty as what is no text", () => {
    expect(trimDevice({ label: {}, userAgent: undefined, address: "  " } as never)).toEqual({});
  });
});

describe("the list of sessions", () => {
  it("tells an identity which of them is its own", async () => {
    const { auth, clock } = houseOf();
    const phone = await auth.login(READER, { device: { label: "phone" } });
    clock.now += 1_000;
    await auth.login(
      READER,
      { device: { label: "laptop", userAgent: "UA", address: "192.0.2.1" } },
      { persistent: false },
    );
    const listed = await auth.sessions(await auth.authenticate(`Bearer ${phone.accessToken}`));
    expect(listed.map(({ device, current, persistent }) => [device.label, current, persistent])).toEqual([
      ["laptop", false, false],
      ["phone", true, true],
    ]);
    expect((await auth.sessions("user-1")).some(({ current }) => current)).toBe(false);
  });

  it("shows nothing of another user, nor of how the session is kept", async () => {
    const real = houseOf();
    await real.auth.login(READER);
    const [session] = await real.auth.sessions("user-1");
    expect(Object.keys(session ?? {}).sort()).toEqual(
      [
        "authenticatedAt",
        "createdAt",
        "current",
        "device",
        "lastUsedAt",
        "methods",
        "persistent",
        "sid",
        "userId",
      ].sort(),
    );
    const { auth } = houseOf({ like: real, store: { sessions: async () => [newSession()] } });
    expect(await codeOf(auth.sessions("user-1"))).toBe("unavailable");
  });
});
