import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import {
  handleLogin,
  handleLogout,
  handleRefresh,
  readJsonBody,
  readNodeRequest,
  takeParsedBody,
} from "../../../src/adapters/adapter.ts";
import * as onFetch from "../../../src/adapters/fetch.ts";
import type { RevokingAuthenticator } from "../../../src/authenticator/authenticator.ts";
import { houseOf, READER } from "../../support/flow.ts";

const { auth } = houseOf();
const text = JSON.stringify(READER);
const TYPE = "application/json";
type Chunks = Parameters<typeof readJsonBody>[0];

/** Has a client break its body off, and gives what became of reading it. */
async function breakOff(sent: string, read: (req: IncomingMessage) => Promise<unknown>): Promise<unknown> {
  const server = createServer();
  const answered = new Promise((resolve) => {
    server.on("request", (req) => resolve(read(req).catch((error: unknown) => error)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${TYPE}\r\nContent-Length: 999\r\n\r\n${sent}`);
  await once(server, "request");
  setTimeout(() => client.destroy(), 50);
  return answered.finally(() => server.close());
}

const bodyOf = (req: IncomingMessage) => readJsonBody(req.iterator({ destroyOnReturn: false }), TYPE);

describe.concurrent("a body that the client breaks off", () => {
  it.each(['{"login":', text])("is no JSON: %s", async (sent) => {
    expect(await breakOff(sent, bodyOf)).toMatchObject({ code: "malformed_body" });
  });

  it.each([
    ["login", handleLogin(auth)],
    ["refresh", handleRefresh(auth)],
    ["logout", handleLogout(auth as RevokingAuthenticator)],
  ])("is refused by %s", async (_verb, handle) => {
    const read = (req: IncomingMessage) => handle(readNodeRequest(req, { ip: () => "::1", body: () => bodyOf(req) }));
    expect(await breakOff(text, read)).toMatchObject({ name: "AuthError", code: "malformed_body" });
  });

  it("is refused by Fetch", async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text));
      },
      pull(controller) {
        controller.error(new TypeError("terminated"));
      },
    });
    const init = { method: "POST", body, duplex: "half", headers: { "Content-Type": TYPE } } as RequestInit;
    const answer = await onFetch.login(auth)(new Request("http://localhost/", init));
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([400, "malformed_body"]);
  });
});

describe("what a parser left of a body", () => {
  const takeOf = (contentType: string | undefined, body: unknown = READER) =>
    takeParsedBody({ body }, contentType, "put a parser in front of it");

  it("is taken unless it is said to be something else, or in another charset", () => {
    for (const type of [undefined, TYPE, `${TYPE}; charset=UTF-8`, "application/x-www-form-urlencoded"]) {
      expect(takeOf(type)).toBe(READER);
    }
    expect(takeOf(undefined, {})).toEqual({});
    for (const [type, body] of [
      [`${TYPE}; charset=latin1`, READER],
      ["text/plain", {}],
    ] as const) {
      expect(() => takeOf(type, body)).toThrow(expect.objectContaining({ code: "unsupported_media_type" }));
    }
    expect(() => takeParsedBody({}, TYPE, "put a parser in front of it")).toThrow(/^nothing parsed the body; put a/);
  });
});

describe("the chunks of a body", () => {
  const bytes = new TextEncoder().encode(text);
  const inside = new Uint8Array(bytes.length + 8);
  inside.set(bytes, 4);

  it.each<[string, Chunks]>([
    ["bytes", [bytes]],
    ["bytes in two parts", [bytes.slice(0, 7), bytes.slice(7)]],
    ["an ArrayBuffer", [bytes.buffer as ArrayBuffer]],
    ["a part of a buffer", [inside.subarray(4, -4)]],
    ["text", [text.slice(0, 3), text.slice(3)]],
    ["text alone", text],
    ["text behind a byte order mark", [`\uFEFF${text}`]],
    ["bytes behind a byte order mark", [Buffer.from([0xef, 0xbb]), Buffer.from([0xbf, ...bytes])]],
    ["a stream of Node", Readable.from([Buffer.from(text)])],
    ["a stream of text", Readable.from([text])],
    ["a web stream", new Blob([text]).stream() as unknown as AsyncIterable<Uint8Array>],
  ])("may be %s", async (_what, chunks) => {
    expect(await readJsonBody(chunks, TYPE)).toEqual(READER);
  });

  it.each<[string, (length: number) => string | ArrayBuffer]>([
    ["text", (length) => "1".padEnd(length)],
    ["text of two bytes a character", (length) => `"${"é".repeat((length - 2) / 2)}"`],
    ["an ArrayBuffer", (length) => new TextEncoder().encode("1".padEnd(length)).buffer as ArrayBuffer],
  ])("are counted in bytes where they are %s", async (_what, make) => {
    expect(await readJsonBody([make(65_536)], TYPE)).toBeDefined();
    const tooLong = { code: "body_too_large", status: 413 };
    await expect(readJsonBody([make(65_538)], TYPE)).rejects.toMatchObject(tooLong);
    await expect(readJsonBody([make(40_000), make(40_000)], TYPE)).rejects.toMatchObject(tooLong);
  });

  it.each([[[]], [[""]], [[" \n"]], [[Buffer.alloc(0)]]])("are none where they are %j", async (chunks) => {
    expect(await readJsonBody(chunks, TYPE)).toBeUndefined();
  });

  it("keep no more than the limit of a body that does not end", async () => {
    let given = 0;
    const endless = (function* () {
      for (;;) {
        given += 1;
        yield " ".repeat(16_384);
      }
    })();
    await expect(readJsonBody(endless, TYPE)).rejects.toMatchObject({ code: "body_too_large" });
    expect(given).toBe(5);
  });

  it.each([[[{}]], [[READER]], [[7]], [[null]], [[undefined]], [new Uint8Array(2)]])(
    "are the developer's mistake where they are %j",
    async (chunks) => {
      await expect(readJsonBody(chunks as never, TYPE)).rejects.toThrow(
        new TypeError("a body has chunks of bytes or text: give readJsonBody the body before anything parses it"),
      );
    },
  );

  it.each([undefined, null, {}, 7])("are asked for where %s is given", async (chunks) => {
    await expect(readJsonBody(chunks as never, TYPE)).rejects.toThrow(
      new TypeError(
        "readJsonBody takes a body that can be iterated: give request.body ?? [], or req.iterator() of Node",
      ),
    );
  });

  it("are the developer's mistake where somebody else reads them", async () => {
    const init = { method: "POST", body: text, headers: { "Content-Type": TYPE } };
    const taken = new Request("http://localhost/", init);
    taken.body?.getReader();
    await expect(readJsonBody(taken.body as never, TYPE)).rejects.toThrow(TypeError);
    await expect(onFetch.login(auth)(taken)).rejects.toThrow(TypeError);
  });
});

describe("a connection whose body was too long", () => {
  const TOO_LONG = " ".repeat(500_000);

  it.each<[string, (req: IncomingMessage) => Chunks]>([
    ["Node's request", (req) => req.iterator({ destroyOnReturn: false })],
    ["a web stream", (req) => Readable.toWeb(req) as unknown as Chunks],
  ])("goes on with the next request, for %s", async (_what, chunksOf) => {
    const server = createServer((req, res) => {
      readJsonBody(chunksOf(req), TYPE).then(
        () => res.end(),
        ({ status }: { status: number }) => res.writeHead(status).end(),
      );
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    let connections = 0;
    server.on("connection", () => {
      connections += 1;
    });
    const post = async (body: string): Promise<number | undefined> => {
      const sent = request({ port, host: "127.0.0.1", method: "POST", agent, timeout: 10_000 });
      sent.on("timeout", () => sent.destroy(new Error("no answer")));
      sent.end(body);
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      await once(answer.resume(), "end");
      return answer.statusCode;
    };
    for (const [body, status] of [
      [TOO_LONG, 413],
      [text, 200],
      [TOO_LONG, 413],
      [text, 200],
    ] as const) {
      expect(await post(body)).toBe(status);
    }
    expect(connections).toBe(1);
    agent.destroy();
    server.close();
  });
});
