import { describe, expect, it } from "vitest";
import {
  cookieSettings,
  deviceCookie,
  readCookies,
  refuseCrossSite,
  setCookie,
} from "../../src/authenticator/cookie.ts";
import { isAuthError } from "../../src/core/errors.ts";

const headers =
  (given: Readonly<Record<string, string>>) =>
  (name: string): string | undefined =>
    given[name];
const codeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return isAuthError(error) ? error.code : error;
  }
};

it.each<readonly [object, string]>([
  [{}, "__Host-device"],
  [{ path: "/auth" }, "__Secure-device"],
  [{ name: "r" }, "device"],
])("with %j the device token has a cookie that is like the refresh token's: %s", (options, name) => {
  const settings = cookieSettings(options);
  expect(deviceCookie(settings)).toEqual({ ...settings, name });
});

it("is kept from scripts, plain HTTP and other sites", () => {
  expect(setCookie(cookieSettings({}), "abc", 60)).toBe(
    "__Host-refresh=abc; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict",
  );
  expect(setCookie(cookieSettings({ path: "/auth" }), "", 0)).toBe(
    "__Secure-refresh=; Max-Age=0; Path=/auth; HttpOnly; Secure; SameSite=Strict",
  );
  expect(cookieSettings({ name: "r", path: "/a", origins: ["https://app.example.com"] })).toEqual({
    name: "r",
    path: "/a",
    origins: ["https://app.example.com"],
  });
});

it.each<readonly [object, RegExp]>([
  [{ path: "auth" }, /path must be a path/],
  [{ path: "/a; Domain=evil" }, /path must be a path/],
  [{ path: "/a\n" }, /path must be a path/],
  [{ path: 1 }, /path must be a path/],
  [{ name: "" }, /name must be an HTTP token/],
  [{ name: "a=b" }, /name must be an HTTP token/],
  [{ name: "a\n" }, /name must be an HTTP token/],
  [{ name: 1 }, /name must be an HTTP token/],
  [{ name: "__Host-r", path: "/auth" }, /only with the path "\/"/],
  [{ origins: "https://app.example.com" }, /origins must be a list of origins/],
  [{ origins: ["app.example.com"] }, /origins must be a list/],
  [{ origins: ["https://app.example.com/"] }, /origins must be a list/],
  [{ origins: ["null"] }, /origins must be a list/],
  [{ origins: [1] }, /origins must be a list/],
  [{ sameSite: "Lax" }, /there is no option "sameSite"/],
])("%j is no cookie", (options, why) => {
  expect(() => cookieSettings(options)).toThrow(why);
});

describe("reading", () => {
  const cookie = cookieSettings({});

  it.each<readonly [string | undefined, readonly string[]]>([
    [undefined, []],
    ["", []],
    ["a=b", []],
    ["__Host-refresh=abc", ["abc"]],
    ["a=b; __Host-refresh=abc; c=d", ["abc"]],
    ["a=b;__Host-refresh=abc", ["abc"]],
    ["x__Host-refresh=abc", []],
    ["__Host-refresh", []],
    ["__Host-refresh=", []],
    ["__Host-refresh=a=b", ["a=b"]],
    ["__Host-refresh=abc; __Host-refresh=def", ["abc", "def"]],
  ])("%j", (header, values) => {
    expect(readCookies(cookie, headers(header === undefined ? {} : { cookie: header }))).toEqual(values);
  });
});

describe("a request that a page makes", () => {
  const cookie = cookieSettings({ origins: ["https://app.example.com"] });
  const host = "api.example.com";
  const CROSS = "cross_site_request";

  it.each<readonly [string, Readonly<Record<string, string>>, unknown]>([
    ["of the same origin", { "sec-fetch-site": "same-origin", origin: "https://api.example.com", host }, undefined],
    ["that a user typed", { "sec-fetch-site": "none", host }, undefined],
    ["of another origin of the site", { "sec-fetch-site": "same-site", origin: "https://x.example.com", host }, CROSS],
    ["of another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example", host }, CROSS],
    ["of another site, hiding its origin", { "sec-fetch-site": "cross-site", host }, CROSS],
    ["of a sandbox", { "sec-fetch-site": "cross-site", origin: "null", host }, CROSS],
    ["of a value to come", { "sec-fetch-site": "nearby", host }, CROSS],
    ["of a listed origin", { "sec-fetch-site": "same-site", origin: "https://app.example.com", host }, undefined],
    ["of an older browser, same origin", { origin: "https://api.example.com", host }, undefined],
    ["of an older browser, another origin", { origin: "https://evil.example", host }, CROSS],
    ["of an older browser, another port", { origin: "https://api.example.com:8443", host }, CROSS],
    ["of an older browser, a sandbox", { origin: "null", host }, CROSS],
    ["of an older browser, no host", { origin: "https://api.example.com" }, CROSS],
    ["of no browser", { host }, undefined],
  ])("%s", (_who, given, answer) => {
    expect(codeOf(() => refuseCrossSite(cookie, headers(given)))).toBe(answer);
  });
});
