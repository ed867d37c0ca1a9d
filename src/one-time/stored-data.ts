/** What is stored with a one-time token or code. */
export interface StoredData {
  /** When it was issued, in milliseconds since 1970. It is 0 where the stored text doesn't say. */
  readonly issuedAt: number;
  /** The JSON data that was given with it. */
  readonly data: unknown;
}

/** The instant of issue, in front of the data. No JSON text begins like that. */
const INSTANT = /^([0-9]{1,16}):/;

/** Writes the text that is stored: the instant of issue, and then the data's JSON. */
export function writeStoredData(issuedAt: number, json: string): string {
  return `${issuedAt}:${json}`;
}

/**
 * Reads a stored text. Earlier versions of hallpass stored the JSON alone. Such a token counts as issued in 1970, so
 * every log-out of its user includes it.
 *
 * @returns `null` where the text can't have been written by hallpass
 */
export function readStoredData(text: unknown): StoredData | null {
  if (typeof text !== "string") return null;
  const [start, issuedAt = "0"] = INSTANT.exec(text) ?? [""];
  try {
    return { issuedAt: Number(issuedAt), data: JSON.parse(text.slice(start.length)) };
  } catch {
    return null;
  }
}
