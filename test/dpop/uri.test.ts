import { describe, expect, it } from "vitest";
import { listTargets, normaliseUri } from "../../src/dpop/uri.ts";

describe("normaliseUri", () => {
  it.each<readonly [string, string | null]>([
    ["https://api.example.com", "https://api.example.com/"],
    ["HTTPS://API.EXAMPLE.COM:443/a", "https://api.example.com/a"],
    ["http://api.example.com:80/a", "http://api.example.com/a"],
    ["https://api.example.com:8443/a", "https://api.example.com:8443/a"],
    ["https://api.example.com/a?b#c", "https://api.example.com/a"],
    ["https://api.example.com/a/./b/../c", "https://api.example.com/a/c"],
    ["https://api.example.com/%7euser/%41", "https://api.example.com/~user/A"],
    ["https://api.example.com/%2f%3a%e2%82%ac", "https://api.example.com/%2F%3A%E2%82%AC"],
    ["https://api.example.com/€", "https://api.example.com/%E2%82%AC"],
    ["https://api.example.com/a%", "https://api.example.com/a%"],
    ["https://[::1]:8080/a", "https://[::1]:8080/a"],
    ["https://api.example.com/A", "https://api.example.com/A"],
    ["https://api.example.com/a/", "https://api.example.com/a/"],
    ["https://user:word@api.example.com/a", null],
    ["https://:word@api.example.com/a", null],
    ["ftp://api.example.com/a", null],
    ["javascript:alert(1)", null],
    ["/a", null],
    ["", null],
    ["https://", null],
    ["https://api.example.com:99999/", null],
  ])("of %j gives %j", (text, expected) => {
    expect(normaliseUri(text)).toBe(expected);
  });
});

describe("listTargets", () => {
  const at = (url: string | null, bases = ["https://api.example.com"]) => listTargets(url, bases);

  it("lists none where there is no URL", () => {
    expect(at(null)).toEqual([]);
    expect(at("")).toEqual([]);
  });

  it.each<readonly [string, string]>([
    ["/", "/"],
    ["/a?b=c", "/a"],
    ["/a#b", "/a"],
    ["/a?b=/../c", "/a"],
    ["//evil.example.com/a", "//evil.example.com/a"],
    ["/a//b", "/a//b"],
    ["/%61%2f", "/a%2F"],
    ["/a..b/.c/d.", "/a..b/.c/d."],
    ["/@evil.example.com/", "/@evil.example.com/"],
    ["http://evil.example.com/a?b", "/a"],
    ["HTTPS://user@evil.example.com:8443/a", "/a"],
    ["http://evil.example.com", "/"],
    ["http://evil.example.com?a", "/"],
  ])("reads the path of %j alone", (url, path) => {
    expect(at(url)).toEqual([`https://api.example.com${path}`]);
  });

  it.each([
    null,
    "",
    "*",
    "a",
    "evil.example.com:443",
    "ftp://evil.example.com/a",
    "/a/../b",
    "/a/%2E%2e/b",
    "/.%2e",
    "/a/.",
    "/%2e/a",
    "/a\\b",
    "/a b",
    "/a\tb",
    "/é",
    "@evil.example.com/a",
  ])("knows none for %j", (url) => {
    expect(at(url)).toEqual([]);
  });

  it("puts in front what a proxy took off, for each origin", () => {
    expect(at("/a", ["https://one.example.com/api", "http://localhost:3000/api"])).toEqual([
      "https://one.example.com/api/a",
      "http://localhost:3000/api/a",
    ]);
  });
});
