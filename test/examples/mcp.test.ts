import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ClientCredentialsProvider } from "@modelcontextprotocol/sdk/client/auth-extensions.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport, StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFakeIssuer } from "../../src/testing/issuer/create.ts";
import type { FakeIssuer } from "../../src/testing/issuer/issuer.ts";
import { type Example, startExample } from "../support/example.ts";

const SECRET = { clientId: "demo", clientSecret: "secret of the demo" };
const ALL = "notes:read notes:write";

/** Connects the SDK's client, and gives what it tells of, or the status that it was refused with. */
async function connect(example: Example, options: ConstructorParameters<typeof StreamableHTTPClientTransport>[1]) {
  const client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${example.origin}/mcp`), options) as never);
  return client;
}

const showing = (token: string) => ({ requestInit: { headers: { Authorization: `Bearer ${token}` } } });

async function statusOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
    return "no refusal";
  } catch (error) {
    if (!(error instanceof StreamableHTTPError)) throw error;
    return error.code;
  }
}

describe("examples/mcp", () => {
  let example: Example;
  let issuer: string;
  let resource: string;

  beforeAll(async () => {
    example = await startExample("mcp");
    issuer = /^Tokens are issued by (\S+)$/.exec(example.lines[0] ?? "")?.[1] ?? "";
    resource = `${example.origin}/mcp`;
  });
  afterAll(() => example?.stop());

  const ask = (path: "/token" | "/revoke", form: Record<string, string>) => {
    const basic = Buffer.from(`${SECRET.clientId}:${SECRET.clientSecret}`).toString("base64");
    const headers = { Authorization: `Basic ${basic}` };
    return fetch(issuer + path, { method: "POST", headers, body: new URLSearchParams(form) });
  };
  const tokenFor = async (audience: string, scope = ALL): Promise<string> => {
    const answer = await ask("/token", { grant_type: "client_credentials", resource: audience, scope });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  const post = (headers: Record<string, string>, body: unknown = { jsonrpc: "2.0", id: 1, method: "tools/list" }) =>
    fetch(resource, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json, text/event-stream", ...headers },
      body: JSON.stringify(body),
    });

  it("tells a client that knows its URL how it gets a token, and lets it in with that", async () => {
    const authProvider = new ClientCredentialsProvider({ ...SECRET, expectedIssuer: issuer, scope: ALL });
    const client = await connect(example, { authProvider });
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["list_notes", "add_note"]);
    expect(await client.callTool({ name: "add_note", arguments: { text: "buy milk" } })).toMatchObject({
      content: [{ text: "added" }],
    });
    expect(await client.callTool({ name: "list_notes" })).toMatchObject({ content: [{ text: "buy milk" }] });
    await client.close();
  });

  it("has a client that shows it", async () => {
    const args = ["--import", "tsx", "examples/mcp/client.ts", example.origin, issuer];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout.split("\n")[0]).toBe("list_notes, add_note");
    expect(stdout).toContain("buy milk");
  });

  it("publishes where its tokens come from, and says in the challenge where that is", async () => {
    const anonymous = await post({});
    const metadata = `${example.origin}/.well-known/oauth-protected-resource/mcp`;
    expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([
      401,
      `Bearer realm="api", resource_metadata="${metadata}", scope="notes:read"`,
    ]);
    expect(await (await fetch(metadata)).json()).toEqual({
      resource,
      authorization_servers: [issuer],
      scopes_supported: ["notes:read", "notes:write"],
      resource_name: "Notes",
      bearer_methods_supported: ["header"],
    });
  });

  it("refuses a client that shows no token, junk, or one for another server", async () => {
    expect(await statusOf(connect(example, {}))).toBe(401);
    expect(await statusOf(connect(example, showing("forged")))).toBe(401);
    const other = await tokenFor("https://other.example.com/mcp");
    expect(other).toMatch(/^ey/);
    expect(await statusOf(connect(example, showing(other)))).toBe(401);
    const good = await tokenFor(resource);
    expect(await statusOf(connect(example, showing(`${good} junk`)))).toBe(400);
    expect(await statusOf(connect(example, showing(`Bearer ${good}`)))).toBe(400);
    expect(await statusOf(connect(example, showing(good)))).toBe("no refusal");
  });

  it("issues nothing for a server that nobody knows", async () => {
    for (const unknown of [`${resource}/`, example.origin, ""]) {
      const answer = await ask("/token", { grant_type: "client_credentials", resource: unknown });
      expect([answer.status, await answer.json()]).toEqual([400, { error: "invalid_target" }]);
    }
  });

  it("asks for a tool's scope before the tool is called, in a batch too", async () => {
    const client = await connect(example, showing(await tokenFor(resource, "notes:read")));
    expect(await client.callTool({ name: "list_notes" })).toHaveProperty("content");
    expect(await statusOf(client.callTool({ name: "add_note", arguments: { text: "no" } }))).toBe(403);
    await client.close();
    const headers = { Authorization: `Bearer ${await tokenFor(resource, "notes:read")}` };
    const call = {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "add_note", arguments: { text: "no" } },
    };
    for (const body of [call, [{ jsonrpc: "2.0", id: 2, method: "tools/list" }, call]]) {
      const refused = await post(headers, body);
      expect(refused.status).toBe(403);
      expect(refused.headers.get("www-authenticate")).toMatch(/error="insufficient_scope".* scope="notes:write"/);
      expect(refused.headers.get("www-authenticate")).toContain("/.well-known/oauth-protected-resource/mcp");
    }
  });

  it("ends what a revoked token had begun, at its next request", async () => {
    const token = await tokenFor(resource);
    const client = await connect(example, showing(token));
    expect(await client.listTools()).toHaveProperty("tools");
    expect((await ask("/revoke", { token })).status).toBe(200);
    expect(await statusOf(client.listTools())).toBe(401);
    await client.close();
  });

  it("opens no stream, and says what it takes instead", async () => {
    const Authorization = `Bearer ${await tokenFor(resource)}`;
    for (const method of ["GET", "DELETE"]) {
      expect((await fetch(resource, { method })).status).toBe(401);
      const answer = await fetch(resource, { method, headers: { Authorization } });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    }
  });
});

describe("examples/mcp, while the issuer's keys can't be had", () => {
  let issuer: FakeIssuer;
  let example: Example;
  let good: string;

  beforeAll(async () => {
    issuer = await createFakeIssuer();
    process.env.ISSUER = issuer.issuer;
    example = await startExample("mcp");
    good = await issuer.mint({ sub: "user-1", client_id: "app", aud: `${example.origin}/mcp`, scope: ALL });
  });
  afterAll(async () => {
    delete process.env.ISSUER;
    await Promise.all([example?.stop(), issuer?.close()]);
  });

  it("answers 503 in bounded time, and never 401", async () => {
    await issuer.behave("hanging");
    const startedAt = performance.now();
    expect(await statusOf(connect(example, showing(good)))).toBe(503);
    expect(await statusOf(connect(example, showing(good)))).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    const anonymous = await statusOf(connect(example, {}));
    expect(anonymous).toBe(401); // For this nobody has to be asked.
  });
});

it("examples/mcp takes the tokens of another issuer, as RFC 9068 has them", async () => {
  const issuer = await createFakeIssuer();
  process.env.ISSUER = issuer.issuer;
  const example = await startExample("mcp");
  delete process.env.ISSUER;
  try {
    const whole = { sub: "user-1", client_id: "app", aud: `${example.origin}/mcp`, scope: ALL };
    const client = await connect(example, showing(await issuer.mint(whole)));
    expect((await client.listTools()).tools).toHaveLength(2);
    await client.close();
    for (const name of ["sub", "client_id", "jti", "aud", "exp", "iat", "iss"]) {
      const lacking = await issuer.mint({ ...whole, [name]: undefined });
      expect(await statusOf(connect(example, showing(lacking))), name).toBe(401);
    }
    expect(await statusOf(connect(example, showing(await issuer.mint(whole, { typ: "JWT" }))))).toBe(401);
  } finally {
    await Promise.all([example.stop(), issuer.close()]);
  }
});
