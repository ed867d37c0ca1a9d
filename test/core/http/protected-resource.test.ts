import { describe, expect, it } from "vitest";
import { type ProtectedResourceOptions, protectedResource } from "../../../src/core/http/protected-resource.ts";
import { profileOf } from "../../support/tokens.ts";

const API = "https://api.example.com/orders";
const ISSUER = "https://login.example.com/";
const token = profileOf(undefined, { issuer: ISSUER, audience: API });
const build = (options: object) => () => protectedResource(options as ProtectedResourceOptions);

it("says who issues an API's tokens, and for which audience, by their profile", () => {
  const { resource, metadata, metadataUrl, metadataPath, challenge } = protectedResource({ token });
  expect(resource).toBe(API);
  expect(metadata).toEqual({
    resource: API,
    authorization_servers: [ISSUER],
    bearer_methods_supported: ["header"],
  });
  expect(metadataUrl).toBe("https://api.example.com/.well-known/oauth-protected-resource/orders");
  expect(metadataPath).toBe("/.well-known/oauth-protected-resource/orders");
  expect(challenge).toEqual({ resource_metadata: metadataUrl });
});

it("says what options say instead", () => {
  const given = protectedResource({
    resource: API,
    authorizationServers: ["https://one.example.com", "https://two.example.com/tenant", "https://one.example.com"],
    scopes: ["orders:read", "orders:write"],
    name: "Orders",
    members: {
      bearer_methods_supported: ["header", "body"],
      resource_documentation: "https://docs.example.com/orders#start",
      dpop_bound_access_tokens_required: false,
      dpop_signing_alg_values_supported: ["ES256"],
      "resource_name#de": "Bestellungen",
      "x-team": { name: "shop" },
    },
  });
  expect(given.metadata).toEqual({
    resource: API,
    authorization_servers: ["https://one.example.com", "https://two.example.com/tenant"],
    scopes_supported: ["orders:read", "orders:write"],
    resource_name: "Orders",
    bearer_methods_supported: ["header", "body"],
    resource_documentation: "https://docs.example.com/orders#start",
    dpop_bound_access_tokens_required: false,
    dpop_signing_alg_values_supported: ["ES256"],
    "resource_name#de": "Bestellungen",
    "x-team": { name: "shop" },
  });
});

it("leaves out what is an empty list (RFC 9728 §3.2), and needs no issuer", () => {
  const silent = profileOf(undefined, { audience: API });
  for (const options of [{ resource: API }, { token: silent }, { token, authorizationServers: [], scopes: [] }]) {
    expect(Object.keys(protectedResource(options).metadata)).toEqual(["resource", "bearer_methods_supported"]);
  }
});

it.each([
  ["https://api.example.com", "https://api.example.com/.well-known/oauth-protected-resource"],
  ["https://api.example.com/", "https://api.example.com/.well-known/oauth-protected-resource"],
  ["https://api.example.com:8443/mcp", "https://api.example.com:8443/.well-known/oauth-protected-resource/mcp"],
  ["https://api.example.com/a/b/", "https://api.example.com/.well-known/oauth-protected-resource/a/b/"],
  ["https://api.example.com/?k=v", "https://api.example.com/.well-known/oauth-protected-resource?k=v"],
  ["https://api.example.com/a?k=v", "https://api.example.com/.well-known/oauth-protected-resource/a?k=v"],
  ["https://api.example.com/a%22b", "https://api.example.com/.well-known/oauth-protected-resource/a%22b"],
  ["http://localhost:3000/mcp", "http://localhost:3000/.well-known/oauth-protected-resource/mcp"],
  ["http://127.0.0.1:3000", "http://127.0.0.1:3000/.well-known/oauth-protected-resource"],
  ["http://[::1]:3000/mcp", "http://[::1]:3000/.well-known/oauth-protected-resource/mcp"],
])("the document of %s is at %s (RFC 9728 §3.1)", (resource, metadataUrl) => {
  const api = protectedResource({ resource });
  expect([api.resource, api.metadata.resource, api.metadataUrl]).toEqual([resource, resource, metadataUrl]);
  expect(api.metadataPath).toBe(new URL(metadataUrl).pathname);
});

describe("refuses for a resource", () => {
  it.each([
    undefined,
    null,
    "",
    1,
    {},
    "api.example.com",
    "/orders",
    "api://4c7e",
    "urn:example:api",
    "http://api.example.com",
    "http://localhost.example.com",
    "ftp://localhost/",
    "https://user:word@api.example.com",
    "https://user@api.example.com",
    "https://api.example.com/#part",
    "https://api.example.com/#",
    "https://",
    `https://api.example.com/\u0000`.slice(0, 8),
  ])("%j", (resource) => {
    expect(build({ resource })).toThrow(/^protectedResource: resource (must be an absolute URL|is undefined)/);
  });

  it.each([
    ["HTTPS://API.example.com/orders", "https://api.example.com/orders"],
    ["https://api.example.com:443/orders", "https://api.example.com/orders"],
    ["https://api.example.com/a/../orders", "https://api.example.com/orders"],
    ["https://api.example.com/bücher", "https://api.example.com/b%C3%BCcher"],
    ['https://api.example.com/a"b', "https://api.example.com/a%22b"],
    ["https://api.example.com/a\r\nb", "https://api.example.com/ab"],
    [" https://api.example.com/", "https://api.example.com/"],
    ["https://api.example.com?k=v", "https://api.example.com/?k=v"],
  ])("%j, and names the spelling that clients compare", (resource, canonical) => {
    expect(build({ resource })).toThrow(
      `protectedResource: resource must be written as clients write it: ${canonical}`,
    );
  });
});

describe("with profiles of tokens", () => {
  const other = profileOf(undefined, { issuer: "https://other.example.com", audience: [API, "https://b.example.com"] });

  it("has the issuers of all, each once", () => {
    const { metadata } = protectedResource({ token: [token, other, token], resource: API });
    expect(metadata.authorization_servers).toEqual([ISSUER, "https://other.example.com"]);
  });

  it("asks for the resource where they have none, or several", () => {
    for (const given of [other, [token, other], [], profileOf()]) {
      expect(build({ token: given })).toThrow(/give resource, the API's URL; without it, .* must have one audience/);
    }
    expect(protectedResource({ token: profileOf(), resource: API }).resource).toBe(API);
  });

  it("refuses a resource whose tokens one of them would refuse", () => {
    for (const resource of [`${API}/`, "https://api.example.com", "https://b.example.com"]) {
      expect(build({ token: [other, token], resource })).toThrow(
        `protectedResource: a profile of token takes no token for ${resource}: give it that as its audience`,
      );
    }
  });

  it("refuses an issuer or an audience of theirs that is no URL", () => {
    expect(build({ token: profileOf(undefined, { issuer: "shop", audience: API }) })).toThrow(/authorizationServers/);
    expect(build({ token: profileOf(undefined, { audience: "orders" }) })).toThrow(/resource must be an absolute URL/);
  });

  it.each([[null], [{}], ["token"], [[token, {}]], [[[token]]]])("refuses %j for a profile", (given) => {
    expect(build({ token: given, resource: API })).toThrow(/token must be a profile of defineToken/);
  });
});

it.each([
  [null],
  ["https://login.example.com"],
  [["login.example.com"]],
  [["http://login.example.com"]],
  [["https://login.example.com/?a=b"]],
  [["https://login.example.com/#"]],
  [[1]],
  [[undefined]],
])("refuses %j for the issuers", (authorizationServers) => {
  expect(build({ resource: API, authorizationServers })).toThrow(/authorizationServers must be a list of issuers/);
});

it.each([[null], ["orders:read"], [["two scopes"]], [['quo"te']], [[""]], [[1]], [[undefined]]])(
  "refuses %j for scopes",
  (scopes) => {
    expect(build({ resource: API, scopes })).toThrow(/scopes must be a list/);
  },
);

describe("refuses among the members", () => {
  it.each(["jwks_uri", "resource_documentation", "resource_policy_uri", "resource_tos_uri"])(
    "a %s that is no URL",
    (name) => {
      for (const value of ["", "docs", "http://docs.example.com", 1, null, ["https://docs.example.com"]]) {
        expect(build({ resource: API, members: { [name]: value } })).toThrow(
          `the member ${name} must be an absolute URL`,
        );
      }
    },
  );

  it.each([
    "bearer_methods_supported",
    "resource_signing_alg_values_supported",
    "authorization_details_types_supported",
    "dpop_signing_alg_values_supported",
  ])("a %s that is no list", (name) => {
    for (const value of ["header", [], [1], [""], null, {}]) {
      expect(build({ resource: API, members: { [name]: value } })).toThrow(`the member ${name} must be a list`);
    }
  });

  it.each(["tls_client_certificate_bound_access_tokens", "dpop_bound_access_tokens_required"])(
    "a %s that is neither true nor false",
    (name) => {
      for (const value of ["true", 1, null]) {
        expect(build({ resource: API, members: { [name]: value } })).toThrow(
          `the member ${name} must be true or false`,
        );
      }
    },
  );

  it.each([
    ["resource", "resource"],
    ["authorization_servers", "authorizationServers"],
    ["scopes_supported", "scopes"],
    ["resource_name", "name"],
  ])("%s, which the option %s gives", (name, option) => {
    expect(build({ resource: API, members: { [name]: "x" } })).toThrow(`give ${name} as the option ${option}`);
  });

  it("what is undefined, no object, or can't be read or written", () => {
    expect(build({ resource: API, members: { team: undefined } })).toThrow(/the member team is undefined/);
    for (const members of [null, [], "x"])
      expect(build({ resource: API, members })).toThrow(/members must be a plain object/);
    const silent = { team: "x", toJSON: () => undefined };
    expect(build({ resource: API, members: silent })).toThrow("members must be a plain object, without a toJSON");
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const throwing = {
      get team(): never {
        throw new Error("a getter");
      },
    };
    for (const members of [circle, { team: 1n }, throwing]) {
      expect(build({ resource: API, members })).toThrow("protectedResource was given an object that can't be read");
    }
  });
});

it.each(["", 1, null])("refuses %j for a name", (name) => {
  expect(build({ resource: API, name })).toThrow("protectedResource: name must be a non-empty string");
});

it("refuses an option that there is not, or is undefined", () => {
  expect(build({ resorce: API })).toThrow(/there is no option "resorce"/);
  expect(build({ resource: API, scopes: undefined })).toThrow(/scopes is undefined/);
});

it("nobody changes it later", () => {
  const scopes = ["orders:read"];
  const members = { "x-team": { name: "shop" } };
  const api = protectedResource({ resource: API, scopes, members });
  scopes.push("orders:write");
  members["x-team"].name = "other";
  expect(api.metadata).toMatchObject({ scopes_supported: ["orders:read"], "x-team": { name: "shop" } });
  for (const part of [api, api.metadata, api.metadata["x-team"], api.metadata.scopes_supported, api.challenge]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});
