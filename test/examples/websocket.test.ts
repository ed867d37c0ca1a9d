import { execFile } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { bearer, type Example, logIn, post, startExample, type Tokens } from "../support/example.ts";

describe("examples/websocket", () => {
  let example: Example;
  let tokens: Tokens;

  beforeAll(async () => {
    example = await startExample("websocket");
    tokens = await logIn(example.origin);
  });
  afterAll(() => example?.stop());

  const url = (): string => example.origin.replace("http", "ws");
  const asBrowser = (): WebSocket => new WebSocket(url(), ["chat", `bearer.${tokens.access_token}`]);
  const asService = (headers: Record<string, string>): WebSocket => new WebSocket(url(), { headers });

  it.each([
    { how: "a browser, by a subprotocol", open: asBrowser, protocol: "chat" },
    { how: "a service, by its header", open: () => asService(bearer(tokens)), protocol: "" },
  ])("is open to $how", async ({ open, protocol }) => {
    const socket = open();
    await once(socket, "open");
    expect(socket.protocol).toBe(protocol);
    expect(await say(socket, "good morning")).toBe("user-1: good morning");
    socket.close();
    await once(socket, "close");
  });

  it("answers an upgrade that it refuses as any other request", async () => {
    const anonymous = await refusal(asService({}));
    expect(anonymous.statusCode).toBe(401);
    expect(anonymous.headers["www-authenticate"]).toBe('Bearer realm="api"');
    expect((await refusal(asService({ Authorization: "Bearer forged" }))).statusCode).toBe(401);
    const both = new WebSocket(url(), ["chat", `bearer.${tokens.access_token}`], { headers: bearer(tokens) });
    expect((await refusal(both)).statusCode).toBe(400);
    const twice = new WebSocket(url(), {
      headers: { Authorization: [bearer(tokens), bearer(tokens)].map((it) => it.Authorization) } as never,
    });
    expect((await refusal(twice)).statusCode).toBe(400);
  });

  it("closes what is open once the user has logged out", async () => {
    const [talking, silent] = [asBrowser(), asBrowser()];
    await Promise.all([talking, silent].map((socket) => once(socket, "open")));
    const closings = Promise.all([talking, silent].map((socket) => once(socket, "close")));
    expect((await post(`${example.origin}/logout`, {}, bearer(tokens))).status).toBe(204);
    let heard = 0;
    talking.on("message", () => {
      heard += 1;
    });
    talking.send("still there?");
    expect((await closings).map(([code]) => code)).toEqual([3000, 3000]);
    expect(heard).toBe(0);
    expect((await refusal(asBrowser())).statusCode).toBe(401);
  });

  it("has a client that shows it", async () => {
    expect(await runClient(example.origin)).toEqual([
      "user-1: good morning",
      "closed: 3000 The token has been revoked",
    ]);
  });
});

async function runClient(origin: string): Promise<string[]> {
  const args = ["--import", "tsx", "examples/websocket/client.ts", origin];
  return (await promisify(execFile)(process.execPath, args)).stdout.trimEnd().split("\n");
}

async function say(socket: WebSocket, text: string): Promise<string> {
  socket.send(text);
  const [data] = await once(socket, "message");
  return String(data);
}

async function refusal(socket: WebSocket): Promise<IncomingMessage> {
  socket.on("error", () => undefined);
  const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
  response.destroy();
  return response;
}
