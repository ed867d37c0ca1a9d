import { get, type IncomingHttpHeaders, type IncomingMessage } from "node:http";

/** An answer as it came, up to where it broke off. */
export interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly isWhole: boolean;
}

/** Asks by node:http, which follows no redirect and unpacks nothing. It leaves after a time. */
export async function fetchRaw(url: string, leaveAfterMs = 20_000, path?: string): Promise<RawAnswer> {
  const response = await open(url, path);
  const pieces: Buffer[] = [];
  const timer = setTimeout(() => response.destroy(), leaveAfterMs);
  try {
    for await (const piece of response) pieces.push(piece);
  } catch {
    // Whether it is whole is told below.
  }
  clearTimeout(timer);
  const { statusCode: status, headers, complete: isWhole } = response;
  return { status, headers, body: Buffer.concat(pieces), isWhole };
}

/** Yields the pieces of a body as they come. */
export async function* streamRaw(url: string): AsyncGenerator<Buffer> {
  yield* await open(url);
}

function open(url: string, path?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, ...(path !== undefined && { path }) }, resolve).once("error", reject);
  });
}
