import { MAX_SUCCESSORS } from "../shared/limits.ts";

/**
 * The state of the rotation of a session's refresh tokens (RFC 9700 §4.14.2): digests of the few tokens that can still
 * matter. The first use of a token begins a generation: the tokens that are given out for it.
 */
export interface Rotation {
  /** The token that was used last; `null` before the first use. */
  readonly used: string | null;
  /** The token that was used before that one. */
  readonly parent: string | null;
  /** When `used` was first used, in milliseconds since 1970. */
  readonly usedAt: number;
  /** The unused tokens of the generation of `used`. */
  readonly siblings: readonly string[];
  /** The tokens that were given out since that use, the oldest first. None of them was used. */
  readonly successors: readonly string[];
  /**
   * When requests began to cross, in milliseconds since 1970; `null` where none did in this generation or the one
   * before.
   */
  readonly crossedAt: number | null;
  /** Whether requests crossed in this generation. */
  readonly isCrossed: boolean;
}

/** Starts the rotation of a session with its first token. */
export function startRotation(first: string): Rotation {
  const nothing = { used: null, parent: null, usedAt: 0, siblings: [], crossedAt: null, isCrossed: false };
  return { ...nothing, successors: [first] };
}

/**
 * The outcome of a use of a token: the next state of the rotation; `"theft"` where the token was reused, so that the
 * session must end; `"crowded"` where the token already has the most unused successors that the grace period allows.
 */
export type RotationOutcome = Rotation | "theft" | "crowded";

/**
 * Uses a token of the session, and adds the successor that is given out for it.
 *
 * A token is valid until one of its successors is used: if it is sent again before that, its answer was lost. The first
 * use of a successor makes its siblings and ancestors invalid. But in a grace period after it, a use of a sibling or of
 * the parent is a request that crossed. A new generation gets no new grace period if requests crossed in the one
 * before. So two clients can't share a session for long. With a grace period of 0, each token gets one answer.
 *
 * @param graceMs - the grace period, in milliseconds
 */
export function rotate(
  rotation: Rotation,
  token: string,
  successor: string,
  now: number,
  graceMs: number,
): RotationOutcome {
  const { used, parent, usedAt, siblings, successors, crossedAt, isCrossed } = rotation;
  if (successors.includes(token)) {
    const others = successors.filter((it) => it !== token);
    const generation = { used: token, parent: used, usedAt: now, siblings: others, successors: [successor] };
    return { ...generation, crossedAt: isCrossed ? crossedAt : null, isCrossed: false };
  }
  const isWithin = (since: number): boolean => Math.abs(now - since) < graceMs; // the clock may have been set back
  const isInGrace = isWithin(usedAt);
  const isLostAnswer = token === used && graceMs > 0;
  const isCrossing = (token === parent || siblings.includes(token)) && isInGrace && isWithin(crossedAt ?? now);
  if (!isLostAnswer && !isCrossing) return "theft";
  // Successors that were given out within the grace period may still be on their way to the client, so none is dropped.
  if (isInGrace && successors.length >= MAX_SUCCESSORS) return "crowded";
  const more = { ...rotation, successors: [...successors, successor].slice(-MAX_SUCCESSORS) };
  return isCrossing ? { ...more, crossedAt: crossedAt ?? now, isCrossed: true } : more;
}

/** Serializes a rotation for the store. The text is short, since every session has one. */
export function writeRotation({ used, parent, usedAt, siblings, successors, crossedAt, isCrossed }: Rotation): string {
  return [usedAt, used ?? "", parent ?? "", siblings, successors, crossedAt ?? "", isCrossed ? "x" : ""].join(";");
}

const TEXT = /^(\d{1,16});([\w-]*);([\w-]*);([\w,-]*);([\w,-]*);(\d{0,16});(x?)$/;

type Parts = readonly [string, string, string, string, string, string, string, string];

/** Reads a rotation from a text of {@link writeRotation}; `null` for any other text. */
export function readRotation(text: string): Rotation | null {
  const parts = TEXT.exec(text);
  if (parts === null) return null;
  const [, usedAt, used, parent, siblings, successors, crossedAt, crossed] = parts as unknown as Parts;
  return {
    used: used || null,
    parent: parent || null,
    usedAt: Number(usedAt),
    siblings: splitList(siblings),
    successors: splitList(successors),
    crossedAt: crossedAt === "" ? null : Number(crossedAt),
    isCrossed: crossed !== "",
  };
}

function splitList(text: string): readonly string[] {
  return text.split(",").filter(Boolean);
}
