import type { CommonSettings } from "../authenticator/settings.ts";
import { isAuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { issueAt } from "../core/token/issue.ts";
import { newJti } from "../core/token/jti.ts";
import type { InputOf, TokenProfile } from "../core/token/profile.ts";
import { verifyToken } from "../core/token/verify.ts";
import { timeOf } from "../shared/date.ts";
import { MAX_DEVICE_TOKENS } from "../shared/limits.ts";
import { isText } from "../shared/text.ts";
import type { User } from "../stores/contract.ts";

/** What a client keeps for its next login, where the throttle knows devices. */
export interface GivenDeviceToken {
  /** The device token. It logs nobody in: it only says that its user has logged in from this device before. */
  readonly deviceToken?: string;
  /** How long it is valid, in seconds. */
  readonly deviceExpiresIn?: number;
}

/**
 * The id of a user's device, by the device tokens that a login came with; `null` where none of them is this user's and good.
 * Those from before a change of password count no more: whoever knew the old one may have many.
 */
export async function recogniseDevice(
  settings: CommonSettings,
  user: User | null,
  sent: unknown,
): Promise<string | null> {
  const device = settings.throttle?.device ?? null;
  const change = user === null ? undefined : changeOf(user);
  if (device === null || user === null || change === undefined) return null;
  for (const token of [sent].flat().slice(0, MAX_DEVICE_TOKENS)) {
    const claims = await openDevice(settings, token, device);
    if (claims?.sub === user.id && claims.password_changed_at === change && isText(claims.sid)) return claims.sid;
  }
  return null;
}

/**
 * Gives a user's device a token, which carries on the device's id. Where nobody knows when the password changed, it gives
 * none: whoever knows the password could hoard device tokens, each with a count of its own, and no change would end them.
 */
export async function issueDevice(
  { throttle, budget }: CommonSettings,
  user: User,
  deviceId: string | null,
): Promise<GivenDeviceToken> {
  const device = throttle?.device ?? null;
  const change = changeOf(user);
  if (throttle === null || device === null) return {};
  if (change === undefined) {
    throttle.warn(NO_CHANGE);
    return {};
  }
  const now = readClock(device.now);
  const claims = { sub: user.id, sid: deviceId ?? newJti(now), password_changed_at: change };
  const deviceToken = await budget.wait("the device token", issueAt(claims as InputOf<TokenProfile>, device, now));
  return { deviceToken, deviceExpiresIn: device.expiresIn };
}

interface DeviceClaims {
  readonly sub?: unknown;
  readonly sid?: unknown;
  readonly password_changed_at?: unknown;
}

async function openDevice(
  { budget }: CommonSettings,
  token: unknown,
  device: TokenProfile,
): Promise<DeviceClaims | null> {
  if (typeof token !== "string") return null;
  try {
    return (await budget.wait("the device token", verifyToken(token, device))) as DeviceClaims;
  } catch (error) {
    if (isAuthError(error)) return null; // It only spares its user a wait: without it the login goes on.
    throw error;
  }
}

const NO_CHANGE =
  "hallpass: throttle.device gives no device token to a user whose passwordChangedAt is undefined: have the user store " +
  "give it, null where the password never changed";

/** When the user's password last changed, in milliseconds since 1970: `null` for never, `undefined` where nobody knows. */
function changeOf({ passwordChangedAt }: User): number | null | undefined {
  return passwordChangedAt === undefined || passwordChangedAt === null ? passwordChangedAt : timeOf(passwordChangedAt);
}
