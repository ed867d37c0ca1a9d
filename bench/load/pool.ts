import { connect, type Socket } from "node:net";

/** The connections to a server of this machine: the same ones all through, since opening them is no part of a request. */
export function poolOf(port: number): Pool {
  const pool = POOLS.get(port) ?? new Pool(port);
  POOLS.set(port, pool);
  return pool;
}

const POOLS = new Map<number, Pool>();

/** Keep-alive connections. There is another one whenever all are busy. */
export class Pool {
  readonly #port: number;
  readonly #idle: Connection[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Gives the body of the answer, which must be a 200: refusals are cheap, and would make a good figure. */
  async ask(request: string): Promise<string> {
    const connection = this.#takeIdle() ?? new Connection(this.#port);
    const answer = await connection.ask(request);
    this.#idle.push(connection);
    if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(`expected a 200, got ${answer}`);
    return answer.slice(answer.indexOf(HEAD_END) + HEAD_END.length);
  }

  /** Node closes a connection that is idle for five seconds, which some are in a rush on a busy machine. */
  #takeIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.shift();
      if (connection === undefined || connection.isOpen()) return connection;
    }
  }
}

const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

/** A connection with one request on it at a time, over the bare socket: the loader must cost less than the server. */
class Connection {
  readonly #socket: Socket;
  #answer = "";
  #resolve: (answer: string) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true })
      .on("data", (chunk: Buffer) => this.#take(chunk.toString("latin1")))
      .on("error", (error) => this.#reject(error))
      .on("close", () => this.#reject(new Error("the server closed a connection")));
  }

  isOpen(): boolean {
    return this.#socket.writable;
  }

  ask(request: string): Promise<string> {
    this.#answer = "";
    this.#socket.write(request, "latin1");
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  #take(chunk: string): void {
    this.#answer += chunk;
    const headEnd = this.#answer.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const [, length] = LENGTH.exec(this.#answer) ?? [];
    if (length === undefined) this.#reject(new Error(`an answer without a length: ${this.#answer}`));
    else if (this.#answer.length === headEnd + HEAD_END.length + Number(length)) this.#resolve(this.#answer);
  }
}
