/** What is stored with a one-time token or code. */
export interface StoredData {
  /** When it was issued, in milliseconds since 1970. It is 0 where the stored text doesn't say. */
  readonly issuedAt: number;
  /** When the credential was issued that it was issued for, in milliseconds since 1970; `null` where there was none. */
  readonly credentialIssuedAt: number | null;
  /** The JSON data that was given with it. */
  readonly data: unknown;
}

/** The instants in front of the data. No JSON text begins like that. */
const INSTANTS = /^([0-9]{1,16})(?:,([0-9]{1,16}))?:/;
const LAST_INSTANT = 8_640_000_000_000_000;

/** Writes the text that is stored: the instants of issue, and then the data's JSON. */
export function writeStoredData(issuedAt: number, credentialIssuedAt: number | null, json: string): string {
  const instants = credentialIssuedAt === null ? [issuedAt] : [issuedAt, toInstant(credentialIssuedAt)];
  return `${instants.join(",")}:${json}`;
}

/** Rounds down to an instant that a Date can hold. What is no number counts as 1970, the oldest. */
function toInstant(time: number): number {
  return Math.min(Math.max(Math.floor(time) || 0, 0), LAST_INSTANT);
}

/**
 * Reads a stored text. Earlier versions of hallpass stored the JSON alone. Such a token counts as issued in 1970, so
 * every log-out of its user includes it.
 *
 * @returns `null` where the text can't have been written by hallpass
 */
export function readStoredData(text: unknown): StoredData | null {
  if (typeof text !== "string") return null;
  const [start, issuedAt = "0", credentialIssuedAt] = INSTANTS.exec(text) ?? [""];
  try {
    return {
      issuedAt: Number(issuedAt),
      credentialIssuedAt: credentialIssuedAt === undefined ? null : Number(credentialIssuedAt),
      data: JSON.parse(text.slice(start.length)),
    };
  } catch {
    return null;
  }
}
