import { DEFAULT_TOKEN_BYTES } from "../../shared/limits.ts";
import { isCanonical } from "../base64url.ts";

/** What a key pair's signature is checked by: the bytes that it is over, and its own. */
export interface SignedParts {
  readonly input: Buffer;
  readonly signature: Buffer;
}

interface Room extends SignedParts {
  /** Parts of the two by length, since to make one takes longer than to fill it. */
  readonly inputs: Buffer[];
  readonly signatures: Buffer[];
}

const usualRoom = roomFor(DEFAULT_TOKEN_BYTES);

/**
 * The parts of a token that is signed up to `end`; `null` where it isn't all ASCII, or the signature isn't in its one
 * spelling. They last until the next call: buffers of their own would cost RSA another 2%.
 */
export function signedParts(token: string, end: number): SignedParts | null {
  const room = token.length > DEFAULT_TOKEN_BYTES ? roomFor(token.length) : usualRoom;
  if (room.input.write(token) !== token.length) return null;
  const spelt = token.slice(end + 1);
  const length = room.signature.write(spelt, "base64url");
  if (!isCanonical(spelt, length)) return null;
  room.inputs[end] ??= room.input.subarray(0, end);
  room.signatures[length] ??= room.signature.subarray(0, length);
  return { input: room.inputs[end], signature: room.signatures[length] };
}

/** Room for tokens of so many characters, of which three bytes each are written where they aren't ASCII. */
function roomFor(length: number): Room {
  return { input: Buffer.alloc(3 * length), signature: Buffer.alloc(length), inputs: [], signatures: [] };
}
