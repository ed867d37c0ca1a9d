import { deepStrictEqual, strictEqual, throws } from "node:assert";
import type { Server } from "node:http";
import { login, logout, refresh, requireAuth, requireScope } from "../../src/adapters/fetch.ts";
import type { SessionAuthenticator } from "../../src/index.ts";
import { APPS } from "../adapters/apps.ts";
import { type Answer, exchange, type Sent } from "../adapters/exchange.ts";
import { houseOf } from "./flow.ts";
import { lacks } from "./lacking.ts";
import { onMemory } from "./on-memory.ts";
import { casesOf, type Part } from "./part.ts";
import { SERVES } from "./serves.ts";

type Opened = Pick<Server, "address"> & { close(): unknown };
type App = (auth: SessionAuthenticator) => Promise<Opened>;

/** Every framework over sockets, and Fetch by the servers that engines bring with them. */
export function adapters(): Part {
  const apps = Object.entries(APPS).map(([name, app]) => [name, () => holds(app)]);
  const serves = Object.entries(SERVES).map(([name, serve]) => [
    `Fetch by ${name}`,
    () => (lacks(name) ? throws(() => serve(unreached), TypeError) : holds(async (auth) => serve(fetchApp(auth)))),
  ]);
  return { cases: casesOf(Object.fromEntries([...apps, ...serves])) };
}

function fetchApp(auth: SessionAuthenticator): (request: Request) => Promise<Response> {
  const routes: Readonly<Record<string, (request: Request) => Promise<Response>>> = {
    "/login": login(auth),
    "/refresh": refresh(auth),
    "/logout": logout(auth),
    "/me": requireAuth(auth)((_request, { userId }) => Response.json({ id: userId })),
    "/write": requireAuth(auth)(requireScope("read", "write")(() => Response.json({}))),
  };
  const missing = async (): Promise<Response> => new Response(null, { status: 404 });
  return (request) => (routes[new URL(request.url).pathname] ?? missing)(request);
}

async function unreached(): Promise<Response> {
  throw new Error("there is no server here");
}

/** The flow as a client sees it, and what is refused at the door. */
async function holds(app: App): Promise<void> {
  const { auth, login: name, password } = await houseOf(onMemory());
  const server = await app(auth);
  const send = (sent: Sent): Promise<Answer> => exchange(server as Server, { ...sent, isLast: true });
  try {
    const credentials = JSON.stringify({ login: name, password });
    const first = tokensOf(await send(post("/login", credentials)));
    const second = tokensOf(await send(post("/refresh", JSON.stringify({ refresh_token: first.refresh_token }))));
    const bearer = ["Authorization", `Bearer ${second.access_token}`];
    const me = await send({ path: "/me", headers: bearer });
    deepStrictEqual([me.status, JSON.parse(me.body).id], [200, name]);
    const refused: Readonly<Record<number, readonly Sent[]>> = {
      400: [
        { path: "/me", headers: [...bearer, ...bearer] },
        { path: "/me", headers: ["Authorization", "Bearer"] },
        post("/login", "{"),
        post("/login", "{}"),
        { method: "POST", path: "/login" },
      ],
      401: [
        { path: "/me" },
        { path: "/me", headers: ["Authorization", `${bearer[1]}x`] },
        post("/login", JSON.stringify({ login: name, password: "wrong" })),
      ],
      403: [{ path: "/write", headers: bearer }],
      415: [post("/login", "login=reader&password=x", "application/x-www-form-urlencoded")],
    };
    for (const [status, all] of Object.entries(refused)) {
      for (const sent of all) strictEqual((await send(sent)).status, Number(status), JSON.stringify(sent));
    }
    strictEqual((await send({ ...post("/logout", ""), headers: bearer })).status, 204);
    const after = await send({ path: "/me", headers: bearer });
    strictEqual(after.status, 401);
    strictEqual(/error="invalid_token"/.test(String(after.headers["www-authenticate"])), true);
  } finally {
    await server.close();
  }
}

function post(path: string, body: string, type = "application/json"): Sent {
  return { method: "POST", path, headers: ["Content-Type", type], body };
}

function tokensOf({ status, body }: Answer): { readonly access_token: string; readonly refresh_token: string } {
  strictEqual(status, 200, body);
  return JSON.parse(body);
}
