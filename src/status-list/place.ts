import { createHash } from "node:crypto";

/** A place in one of a service's status lists. */
export interface StatusPlace {
  /** The address of the lists, as `uri` of {@link StatusList} gives it. A place means nothing in any other lists. */
  readonly uri: string;
  /** The number of the list, from 1 on. */
  readonly list: number;
  /** The index in the list, from 0 on. */
  readonly index: number;
}

/** A place as a session's id holds it: with the name of its series, which stands for the address of the lists. */
export interface SessionPlace extends Pick<StatusPlace, "list" | "index"> {
  /** The name of the series, as {@link nameSeries} gives it; `""` where the id does not say it. */
  readonly series: string;
}

/** How many lists there can be: a session's id has six hex digits for the number of a list. */
export const MAX_NUMBER = 0xff_ff_ff;

/** An id that names its series has this bit beside the index, which has at most 22 bits. */
const NAMES_SERIES = 0x80_00_00;

const SERIES_DIGITS = 7;

const SID = /^[0-9a-f]{8}-([0-9a-f]{4})-8([0-9a-f]{3})-[89ab][0-9a-f]{3}-([0-9a-f]{6})([0-9a-f]{6})$/;

/** Names the lists at an address by 28 bits of the SHA-256 of the address, in hex. */
export function nameSeries(uri: string): string {
  return createHash("sha256").update(uri).digest("hex").slice(0, SERIES_DIGITS);
}

/**
 * Creates the id of a session that has a place: a UUIDv8 (RFC 9562 §5.8). So the id alone is enough to find the place
 * when a session ends, even if the session is no longer stored. The id consists of the time to about a minute (32
 * bits), the name of the series (28), random bits (14), and the place (48), which makes it unique.
 *
 * @param uuid - a UUIDv7, which gives the time and the random bits
 */
export function writeSid(uuid: string, { uri, list, index }: StatusPlace): string {
  const series = nameSeries(uri);
  const [time, random] = [uuid.slice(0, 8), uuid.slice(19, 23)];
  return `${time}-${series.slice(0, 4)}-8${series.slice(4)}-${random}-${toHex(list)}${toHex(NAMES_SERIES | index)}`;
}

/** Reads the place out of a session's id; `null` where it has none, as a session from before the lists. */
export function parseSid(sid: string): SessionPlace | null {
  const [, first = "", last = "", list = "", rest = ""] = SID.exec(sid) ?? [];
  const [number, index] = [list, rest].map((it) => Number.parseInt(it, 16)) as [number, number];
  if (!(number > 0)) return null;
  const namesSeries = index >= NAMES_SERIES;
  return { series: namesSeries ? first + last : "", list: number, index: index % NAMES_SERIES };
}

function toHex(number: number): string {
  return number.toString(16).padStart(6, "0");
}
