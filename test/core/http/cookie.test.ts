import { describe, expect, it } from "vitest";
import { isAuthError } from "../../../src/core/errors.ts";
import { readCookies, toDeviceCookie, writeCookie } from "../../../src/core/http/cookie.ts";
import { type CookieOptions, checkCookieOptions } from "../../../src/core/http/cookie-options.ts";
import { refuseCrossSite } from "../../../src/core/http/cross-site.ts";

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

it("that of the device token is like the refresh token's", () => {
  const settings = checkCookieOptions("cookie", "refresh", { path: "/auth", sameSite: "lax" });
  expect(toDeviceCookie(settings)).toEqual({ ...settings, name: "__Secure-refresh-device" });
});

it("is kept from scripts, plain HTTP and other sites", () => {
  expect(writeCookie(checkCookieOptions("cookie", "refresh", {}), "abc", 60)).toBe(
    "__Host-refresh=abc; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict",
  );
  expect(writeCookie(checkCookieOptions("cookie", "refresh", { path: "/auth" }), "", 0)).toBe(
    "__Secure-refresh=; Max-Age=0; Path=/auth; HttpOnly; Secure; SameSite=Strict",
  );
  expect(
    checkCookieOptions("cookie", "refresh", { name: "r", path: "/a", origins: ["https://app.example.com"] }),
  ).toEqual({
    name: "r",
    path: "/a",
    origins: ["https://app.example.com"],
    sameSite: "strict",
    domain: null,
    secure: true,
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
  [{ origins: ["file://app"] }, /origins must be a list/],
  [{ origins: ["capacitor://"] }, /origins must be a list/],
  [{ origins: ["capacitor://localhost/"] }, /origins must be a list/],
  [{ origins: ["capacitor:localhost"] }, /origins must be a list/],
  [{ origins: ["Capacitor://localhost"] }, /origins must be a list/],
  [{ origins: ["data:text/html,x"] }, /origins must be a list/],
  [{ sameSite: "Lax" }, /sameSite must be "strict", "lax" or "none"/],
  [{ sameSite: "toString" }, /sameSite must be/],
  [{ sameSite: null }, /sameSite must be/],
  [{ sameSite: "none", secure: false }, /sameSite "none" only with secure/],
  [{ secure: "false" }, /secure must be true or false/],
  [{ secure: 0 }, /secure must be true or false/],
  [{ secure: false, name: "__Host-refresh" }, /such a prefix only with secure/],
  [{ secure: false, name: "__secure-refresh" }, /such a prefix only with secure/],
  [{ secure: false, name: "__Http-refresh" }, /such a prefix only with secure/],
  [{ domain: "example.com", name: "__Host-r" }, /"__Host-" cookie only without a domain/],
  [{ domain: "example.com", name: "__HOST-r" }, /"__Host-" cookie only without a domain/],
  [{ domain: ".example.com" }, /domain must be a domain/],
  [{ domain: "localhost" }, /domain must be a domain/],
  [{ domain: "127.0.0.1" }, /domain must be a domain/],
  [{ domain: "[::1]" }, /domain must be a domain/],
  [{ domain: "example.com; Path=/" }, /domain must be a domain/],
  [{ domain: "Example.com" }, /domain must be a domain/],
  [{ domain: "" }, /domain must be a domain/],
  [{ domain: 1 }, /domain must be a domain/],
  [{ samesite: "lax" }, /there is no option "samesite"/],
])("%j is no cookie", (options, why) => {
  expect(() => checkCookieOptions("cookie", "refresh", options)).toThrow(why);
});

it.each<readonly [CookieOptions, string]>([
  [{ sameSite: "lax" }, "__Host-refresh=abc; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax"],
  [{ sameSite: "none" }, "__Host-refresh=abc; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=None"],
  [
    { domain: "example.com" },
    "__Secure-refresh=abc; Max-Age=60; Path=/; Domain=example.com; HttpOnly; Secure; SameSite=Strict",
  ],
  [{ secure: false }, "refresh=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Strict"],
  [{ secure: false, path: "/auth" }, "refresh=abc; Max-Age=60; Path=/auth; HttpOnly; SameSite=Strict"],
])("%j is sent as it says", (options, sent) => {
  expect(writeCookie(checkCookieOptions("cookie", "refresh", options), "abc", 60)).toBe(sent);
});

describe("reading", () => {
  const cookie = checkCookieOptions("cookie", "refresh", {});

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
    [" \t __Host-refresh=abc\t ;", ["abc"]],
    [" \t ", []],
    ["\u00a0__Host-refresh=abc", []],
    ["\ufeff__Host-refresh=abc", []],
    ["a=b;\u00a0__Host-refresh=abc", []],
    ["\v__Host-refresh=abc", []],
    ["__Host-refresh=abc\u00a0", ["abc\u00a0"]],
  ])("%j", (header, values) => {
    expect(readCookies(cookie, headers(header === undefined ? {} : { cookie: header }))).toEqual(values);
  });
});

describe("a request that a page makes", () => {
  const cookie = checkCookieOptions("cookie", "refresh", { origins: ["https://app.example.com"] });
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
    ["of an older browser, another scheme", { origin: "http://api.example.com", host }, CROSS],
    [
      "of an older browser, a host with its port",
      { origin: "https://api.example.com", host: `${host}:443` },
      undefined,
    ],
    [
      "of an older browser, a host in capitals",
      { origin: "https://api.example.com", host: "API.example.com" },
      undefined,
    ],
    ["of an older browser, a host of nonsense", { origin: "https://api.example.com", host: "a b" }, CROSS],
    ["of the machine itself", { origin: "http://localhost:3000", host: "localhost:3000" }, undefined],
    ["of the machine itself, over TLS", { origin: "https://localhost:3000", host: "localhost:3000" }, undefined],
    ["of the machine itself, another port", { origin: "http://localhost:5173", host: "localhost:3000" }, CROSS],
    ["of the machine itself, by a name of it", { origin: "http://app.localhost", host: "app.localhost" }, undefined],
    ["of the machine itself, by IPv4", { origin: "http://127.0.0.1:3000", host: "127.0.0.1:3000" }, undefined],
    ["of the machine itself, by IPv6", { origin: "http://[::1]:3000", host: "[::1]:3000" }, undefined],
    ["of a host that looks like it", { origin: "http://localhost.example", host: "localhost.example" }, CROSS],
    ["of a host that ends like it", { origin: "http://notlocalhost", host: "notlocalhost" }, CROSS],
    ["of the local network", { origin: "http://192.168.1.5:3000", host: "192.168.1.5:3000" }, CROSS],
    ["of no browser", { host }, undefined],
  ])("%s", (_who, given, answer) => {
    expect(codeOf(() => refuseCrossSite(cookie, headers(given)))).toBe(answer);
  });

  it("may be of plain HTTP where the cookie may", () => {
    const plain = checkCookieOptions("cookie", "refresh", { secure: false });
    const from = (origin: string) =>
      codeOf(() => refuseCrossSite(plain, headers({ origin, host: "192.168.1.5:3000" })));
    expect(from("http://192.168.1.5:3000")).toBeUndefined();
    expect(from("https://192.168.1.5:3000")).toBeUndefined();
    expect(from("http://192.168.1.6:3000")).toBe(CROSS);
  });

  it.each([
    "capacitor://localhost",
    "ionic://localhost",
    "tauri://localhost",
    "chrome-extension://gighmmpiobklfepjocnamgkkbiglidom",
    "moz-extension://2c127fa4-62c7-7e4f-90e5-472b45eecfdc",
    "app://-",
    "https://tauri.localhost",
    "http://localhost:5173",
  ])("may be of an app at %s, if that is listed", (origin) => {
    const given = headers({ origin, "sec-fetch-site": "cross-site", host });
    expect(codeOf(() => refuseCrossSite(cookie, given))).toBe(CROSS);
    expect(
      codeOf(() => refuseCrossSite(checkCookieOptions("cookie", "refresh", { origins: [origin] }), given)),
    ).toBeUndefined();
  });

  it("is refused with a cause that tells the developer what to list", () => {
    const given = headers({ origin: "https://evil.example", host });
    expect(() => refuseCrossSite(cookie, given)).toThrow(
      expect.objectContaining({
        cause: new Error(
          `Origin https://evil.example and Sec-Fetch-Site null at the host "api.example.com"; list the origin in the cookie's origins if it is yours`,
        ),
      }),
    );
  });
});
