import { promisify } from "node:util";
import { constants, deflate, inflate } from "node:zlib";
import { decodeBase64url, isAscii } from "../core/base64url.ts";
import { isObject } from "../shared/object.ts";

/** The statuses of a list, as a token has them (draft-ietf-oauth-status-list-21 §4.1). */
export interface Statuses {
  /** How many bits a status has. */
  readonly bits: 1 | 2 | 4 | 8;
  /** The statuses, the first in the lowest bits of the first byte. */
  readonly bytes: Uint8Array;
}

/** The member `status_list` of a list's token (§4.2). */
export interface WrittenStatuses {
  readonly bits: number;
  readonly lst: string;
}

const deflateInPool = promisify(deflate);
const inflateInPool = promisify(inflate);

/**
 * The draft recommends the best compression. It takes a third of a second at the most for a million statuses, in the
 * thread pool.
 */
const LEVEL = { level: constants.Z_BEST_COMPRESSION };

/** Writes statuses as a token has them: DEFLATE with its zlib header, in base64url. */
export async function writeStatuses({ bits, bytes }: Statuses): Promise<WrittenStatuses> {
  return { bits, lst: (await deflateInPool(bytes, LEVEL)).toString("base64url") };
}

/**
 * Reads the statuses of a token.
 *
 * @param maxBytes - the most bytes after decompression: a few compressed bytes can become any number
 * @throws Error that says what is wrong, and holds nothing of the list
 */
export async function readStatuses(written: unknown, maxBytes: number): Promise<Statuses> {
  const { bits, lst } = (isObject(written) ? written : {}) as { bits?: unknown; lst?: unknown };
  if (bits !== 1 && bits !== 2 && bits !== 4 && bits !== 8) throw new Error("status_list.bits must be 1, 2, 4 or 8");
  const compressed = typeof lst === "string" && isAscii(lst) ? decodeBase64url(lst) : null;
  if (compressed === null) throw new Error("status_list.lst must be base64url");
  return { bits, bytes: await expand(compressed, maxBytes) };
}

async function expand(compressed: Buffer, maxBytes: number): Promise<Uint8Array> {
  try {
    return await inflateInPool(compressed, { maxOutputLength: maxBytes });
  } catch (cause) {
    const isTooLong = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new Error(`status_list.lst ${isTooLong ? `has more than ${maxBytes} bytes` : "is no zlib stream"}`, {
      cause,
    });
  }
}

/** Reads a status; `null` where the list ends before it. */
export function readStatus({ bits, bytes }: Statuses, index: number): number | null {
  const perByte = 8 / bits;
  const byte = bytes[Math.floor(index / perByte)];
  return byte === undefined ? null : (byte >>> ((index % perByte) * bits)) & (2 ** bits - 1);
}
