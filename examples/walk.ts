import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeToken, defineToken, issueToken } from "hallpass";
import { accessToken, key, LOGIN, PASSWORD, where } from "./shared/auth.ts";

const FRAMEWORKS = { Express: "./express/server.ts", Koa: "./koa/server.ts", Fastify: "./fastify/server.ts" };
const ANSWER_WITHIN = 10_000;

interface Step {
  readonly title: string;
  readonly request: string;
  readonly token?: string;
  readonly body?: object;
  readonly status: number;
  readonly challenge?: RegExp;
}

const REALM_ALONE = /^Bearer realm="api"$/;
const INVALID = /^Bearer realm="api", error="invalid_token"/;
const LACKING = /error="insufficient_scope".*scope="orders:write"$/;

let failures = 0;
process.env.PORT = "0"; // the examples read it when they are imported, and each takes a free port
for (const [framework, file] of Object.entries(FRAMEWORKS)) {
  const { server } = (await import(file)) as { server: Server };
  if (!server.listening) await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  console.log(`\n${framework} on http://127.0.0.1:${port}, remembering in ${where}`);
  await walk(`http://127.0.0.1:${port}`);
  server.closeAllConnections();
  server.close();
}
console.log(failures === 0 ? "\nEvery step went as it should." : `\n${failures} steps did not go as they should.`);
process.exit(failures === 0 ? 0 : 1);

async function walk(origin: string): Promise<void> {
  const wrong = { login: LOGIN, password: "not the password" };
  const right = { login: LOGIN, password: PASSWORD };
  const me = { request: "GET /me" };
  await takeStep(origin, {
    title: "wrong password",
    request: "POST /login",
    body: wrong,
    status: 401,
    challenge: REALM_ALONE,
  });
  const answer = await takeStep(origin, { title: "log in", request: "POST /login", body: right, status: 200 });
  const token = String(answer.access_token);
  const claims = await takeStep(origin, { title: "protected route", ...me, token, status: 200 });
  console.log(`      claims: ${JSON.stringify(claims)}`);
  expect(claims.sub === "user-1", "the claims are those of the user who logged in");
  await takeStep(origin, { title: "no token", ...me, status: 401, challenge: REALM_ALONE });
  await takeStep(origin, { title: "forged token", ...me, token: forgeToken(token), status: 401, challenge: INVALID });
  await takeStep(origin, {
    title: "expired token",
    ...me,
    token: await issueExpired(),
    status: 401,
    challenge: /has expired/,
  });
  await takeStep(origin, {
    title: "wrong kind of token",
    ...me,
    token: await issueWrongKind(),
    status: 401,
    challenge: INVALID,
  });
  await takeStep(origin, { title: "missing scope", request: "POST /orders", token, status: 403, challenge: LACKING });
  await takeStep(origin, { title: "log out", request: "POST /logout", token, status: 204 });
  await takeStep(origin, { title: "the same token", ...me, token, status: 401, challenge: /has been revoked/ });
  await stealRefreshToken(origin, right);
  await logOutEverywhere(origin, right);
}

/** Lets the owner and a thief send the same refresh token: the second request ends the session for both. */
async function stealRefreshToken(origin: string, credentials: object): Promise<void> {
  const refused = { request: "POST /refresh", status: 401, challenge: REALM_ALONE };
  const first = await takeStep(origin, {
    title: "log in on the laptop",
    request: "POST /login",
    body: credentials,
    status: 200,
  });
  const { refresh_token: stolen } = first;
  const refreshing = { request: "POST /refresh", body: { refresh_token: stolen } };
  const second = await takeStep(origin, { title: "laptop refreshes", ...refreshing, status: 200 });
  await new Promise((resolve) => setTimeout(resolve, 10)); // or both might come in the same millisecond
  await takeStep(origin, { title: "thief's old copy", ...refused, body: { refresh_token: stolen } });
  console.log("      The examples set reuseGrace: 0. By default, a token whose answer was lost may be sent again.");
  await takeStep(origin, { title: "laptop's next token", ...refused, body: { refresh_token: second.refresh_token } });
  const token = String(second.access_token);
  await takeStep(origin, {
    title: "laptop's access token",
    request: "GET /me",
    token,
    status: 401,
    challenge: /has been revoked/,
  });
}

/** Logs in on two devices, and logs both out from one of them. */
async function logOutEverywhere(origin: string, credentials: object): Promise<void> {
  const entering = { request: "POST /login", body: credentials, status: 200 };
  const tokens: Record<string, string> = {};
  for (const device of ["phone", "laptop"]) {
    tokens[device] = String((await takeStep(origin, { title: `log in on the ${device}`, ...entering })).access_token);
  }
  const leaving = { title: "log out everywhere", request: "POST /logout/everywhere", status: 204 };
  await takeStep(origin, { ...leaving, token: String(tokens.phone) });
  const revoked = { request: "GET /me", status: 401, challenge: /has been revoked/ };
  for (const [device, token] of Object.entries(tokens)) {
    await takeStep(origin, { title: `${device}'s token`, ...revoked, token });
  }
  const after = await takeStep(origin, { title: "log in again", ...entering });
  await takeStep(origin, {
    title: "protected route",
    request: "GET /me",
    token: String(after.access_token),
    status: 200,
  });
}

async function takeStep(origin: string, step: Step): Promise<Record<string, unknown>> {
  const [method = "", path] = step.request.split(" ");
  const headers: Record<string, string> = {};
  if (step.token !== undefined) headers.Authorization = `Bearer ${step.token}`;
  if (step.body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(origin + path, {
    method,
    headers,
    body: step.body === undefined ? null : JSON.stringify(step.body),
    signal: AbortSignal.timeout(ANSWER_WITHIN),
  });
  const challenge = response.headers.get("www-authenticate");
  const good =
    response.status === step.status &&
    (step.challenge === undefined ? challenge === null : step.challenge.test(challenge ?? ""));
  expect(good, `${step.title.padEnd(21)} ${step.request.padEnd(23)} → ${response.status}`);
  if (challenge !== null) console.log(`      WWW-Authenticate: ${challenge}`);
  const text = await response.text();
  return response.ok && text !== "" ? (JSON.parse(text) as Record<string, unknown>) : {};
}

function expect(good: boolean, what: string): void {
  console.log(`  ${good ? "✓" : "✗"} ${what}`);
  if (!good) failures += 1;
}

/** Writes somebody else's id into the user's own token. */
function forgeToken(token: string): string {
  const [header, , signature] = token.split(".");
  const claims = { ...decodeToken(token).claims, sub: "user-2" };
  return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
}

function issueExpired(): Promise<string> {
  const { issuer, audience } = accessToken;
  const anHourAgo = defineToken({ keys: key, issuer, audience, now: () => Date.now() - 3_600_000 });
  return issueToken({ sub: "user-1" }, anHourAgo);
}

function issueWrongKind(): Promise<string> {
  const { issuer, audience } = accessToken;
  return issueToken({ sub: "user-1" }, defineToken({ keys: key, issuer, audience, typ: "reset+jwt" }));
}
