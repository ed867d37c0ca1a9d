/**
 * Where the rotation of a session's refresh tokens stands (RFC 9700 §4.14.2): digests of the few that can still matter.
 * Every use of a token begins a generation of the tokens that are given out for it.
 */
export interface Rotation {
  /** The token that was used last; `null` before the first use. */
  readonly used: string | null;
  /** The token that was used before that one. */
  readonly parent: string | null;
  /** When the last one was first used, in milliseconds since 1970. */
  readonly usedAt: number;
  /** The unused tokens of the used one's generation. */
  readonly siblings: readonly string[];
  /** The tokens that were given out since that use, none of which was used: the oldest first. */
  readonly successors: readonly string[];
}

/** How many unused successors a token has at the most: with one more, the oldest goes. */
export const MOST_SUCCESSORS = 8;

/** The rotation of a session that begins with a token. */
export function beginRotation(first: string): Rotation {
  return { used: null, parent: null, usedAt: 0, siblings: [], successors: [first] };
}

/**
 * Takes a token of the session, and adds the successor that is given out for it.
 *
 * A token is good until one of its successors is used: sent again before that, its answer was lost. The first successor
 * that is used makes its siblings and ancestors worthless, but for a grace in which its siblings and its parent are
 * requests that crossed. With a grace of none, each token gets one answer.
 *
 * @param graceMs - how long the grace is, in milliseconds
 * @returns where the rotation stands then; `null` where the token was used by somebody else, and the session is to end
 */
export function rotate(
  rotation: Rotation,
  token: string,
  successor: string,
  now: number,
  graceMs: number,
): Rotation | null {
  const { used, parent, usedAt, siblings, successors } = rotation;
  if (successors.includes(token)) {
    const others = successors.filter((it) => it !== token);
    return { used: token, parent: used, usedAt: now, siblings: others, successors: [successor] };
  }
  const isLostAnswer = token === used && graceMs > 0;
  const isCrossing = (token === parent || siblings.includes(token)) && now - usedAt < graceMs;
  if (!isLostAnswer && !isCrossing) return null;
  return { ...rotation, successors: [...successors, successor].slice(-MOST_SUCCESSORS) };
}

/** The text that a store keeps of a rotation: short, since there is one for every session. */
export function writeRotation({ used, parent, usedAt, siblings, successors }: Rotation): string {
  return [usedAt, used ?? "", parent ?? "", siblings, successors].join(";");
}

const TEXT = /^(\d{1,16});([\w-]*);([\w-]*);([\w,-]*);([\w,-]*)$/;

/** The rotation that a text of {@link writeRotation} stands for; `null` for any other text. */
export function readRotation(text: string): Rotation | null {
  const [, usedAt, used, parent, siblings, successors] = TEXT.exec(text) ?? [];
  if (siblings === undefined || successors === undefined) return null;
  return {
    used: used || null,
    parent: parent || null,
    usedAt: Number(usedAt),
    siblings: siblings.split(",").filter(Boolean),
    successors: successors.split(",").filter(Boolean),
  };
}
