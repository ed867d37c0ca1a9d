/** A place in one of a service's status lists. */
export interface StatusPlace {
  /** The number of the list, from 1 on. */
  readonly list: number;
  /** The index in the list, from 0 on. */
  readonly index: number;
}

/** How many lists there can be, and how many places in each: a session's id has six hex digits for either. */
export const MAX_NUMBER = 0xff_ff_ff;

const SID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-([0-9a-f]{6})([0-9a-f]{6})$/;

/**
 * Creates the id of a session that has a place: a UUIDv8 (RFC 9562 §5.8), whose last twelve digits are the place. So
 * the id alone is enough to find the place when a session ends, even if the session is no longer stored.
 *
 * @param uuid - a UUIDv7, whose time and random bits it keeps
 */
export function writeSid(uuid: string, { list, index }: StatusPlace): string {
  return `${uuid.slice(0, 14)}8${uuid.slice(15, 24)}${toHex(list)}${toHex(index)}`;
}

/** Reads the place out of a session's id; `null` where it has none, as a session from before the lists. */
export function readSid(sid: string): StatusPlace | null {
  const [, list, index] = SID.exec(sid) ?? [];
  if (list === undefined || index === undefined) return null;
  const place = { list: Number.parseInt(list, 16), index: Number.parseInt(index, 16) };
  return place.list === 0 ? null : place;
}

function toHex(number: number): string {
  return number.toString(16).padStart(6, "0");
}
