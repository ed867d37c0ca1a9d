import { computeDigest } from "../core/digest.ts";
import { AuthError } from "../core/errors.ts";
import { findAddressShare } from "../core/http/address.ts";
import { describeValue } from "../shared/describe.ts";

const REMEDY =
  "tell the framework which proxies to trust (Express: trust proxy, Fastify: trustProxy, Koa: proxy and maxIpsCount)" +
  ", or give login the client's one address as origin.ip";

/**
 * Gives the key that attempts from an address are counted by.
 *
 * @throws AuthError `unavailable` (503) for text that is not an address: all such texts would share one count, so one
 * client could lock out all others
 */
export function chooseAddressKey(ip: string | undefined): string {
  const share = findAddressShare(ip);
  if (ip !== undefined && share === "unknown") {
    const cause = new TypeError(
      `the throttle counts by address, and ip is ${describeValue(ip)}, which is none: ${REMEDY}`,
    );
    throw new AuthError("unavailable", { cause });
  }
  return computeDigest(share);
}

/** An attempt to log in to an account, once the user store has answered. */
export interface Attempt {
  /** The login, as it was written; `null` where the user is known without it. */
  readonly login: string | null;
  /** The id of the user that the store found; `null` where there is none. */
  readonly userId: string | null;
  /** The id of the user's device that the attempt comes from; `null` where none was recognised. */
  readonly deviceId: string | null;
}

/**
 * Lists the keys that count an attempt at an account. A user has one count, however the login was written. A login has
 * one count, whoever it belongs to. So different spellings of a login don't reveal whether the store takes them for one
 * user, or whether it has such a user.
 */
export function listAccountKeys({ login, userId, deviceId }: Attempt): readonly string[] {
  if (deviceId !== null) return [`device:${computeDigest(deviceId)}`];
  const user = userId === null ? [] : [`user:${computeDigest(userId)}`];
  if (login === null) return user;
  const spelling = normaliseLogin(login);
  return [`login:${computeDigest(spelling)}`, ...(userId === null ? [`nobody:${computeDigest(spelling)}`] : user)];
}

/** Normalises a login: all spellings that stores commonly take for one login become the same. */
function normaliseLogin(login: string): string {
  return login
    .normalize("NFKD")
    .replace(/[\p{M}\p{Default_Ignorable_Code_Point}\s]/gu, "")
    .toUpperCase()
    .toLowerCase()
    .replaceAll("ς", "σ");
}
