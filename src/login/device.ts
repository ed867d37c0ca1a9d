import { isAuthError } from "../core/errors.ts";
import { readClock } from "../core/time.ts";
import { issueAt } from "../core/token/issue.ts";
import { createJti } from "../core/token/jti.ts";
import type { InputOf, TokenProfile } from "../core/token/profile.ts";
import { verifyToken } from "../core/token/verify.ts";
import type { LoginResult } from "../sessions/result.ts";
import { readTime } from "../shared/date.ts";
import { MAX_DEVICE_TOKENS } from "../shared/limits.ts";
import { isText } from "../shared/text.ts";
import type { User } from "../stores/contract.ts";
import type { ThrottledSettings } from "./settings.ts";

/**
 * Recognises the device that a login comes from, by the device tokens that came with it. A device token counts only for
 * its own user, and only until the password changes: whoever knew the old password may have many tokens.
 *
 * @returns the device's id; `null` if no token is valid for this user
 */
export async function recogniseDevice(
  settings: ThrottledSettings,
  user: User | null,
  sent: unknown,
): Promise<string | null> {
  const device = settings.throttle?.device ?? null;
  const change = user === null ? undefined : findPasswordChange(user);
  if (device === null) return null;
  let recognised: string | null = null;
  // All tokens are verified, even if there is no such user, so that the time does not reveal who has an account.
  for (const token of [sent].flat().slice(0, MAX_DEVICE_TOKENS)) {
    const claims = await openDeviceToken(settings, token, device);
    const isOfUser = change !== undefined && claims?.sub === user?.id && claims?.password_changed_at === change;
    if (isOfUser && isText(claims?.sid)) recognised ??= claims.sid;
  }
  return recognised;
}

const UNKNOWN_CHANGE =
  "hallpass: throttle.device gives no device token to a user whose passwordChangedAt is undefined: have the user " +
  "store give it, null where the password never changed";

/**
 * Issues a device token to a user's device. A device that was recognised keeps its id.
 *
 * A user gets none if it is unknown when the password changed. Whoever knows the password could hoard device tokens,
 * each with a count of its own, and no change of the password would invalidate them.
 */
export async function issueDeviceToken(
  { throttle, budget }: ThrottledSettings,
  user: User,
  deviceId: string | null,
): Promise<Pick<LoginResult, "deviceToken" | "deviceExpiresIn">> {
  const device = throttle?.device ?? null;
  const change = findPasswordChange(user);
  if (throttle === null || device === null) return {};
  if (change === undefined) {
    throttle.warn(UNKNOWN_CHANGE);
    return {};
  }
  const now = readClock(device.now);
  const claims = { sub: user.id, sid: deviceId ?? createJti(now), password_changed_at: change };
  const deviceToken = await budget.wait("the device token", issueAt(claims as InputOf<TokenProfile>, device, now));
  return { deviceToken, deviceExpiresIn: device.expiresIn };
}

interface DeviceClaims {
  readonly sub?: unknown;
  readonly sid?: unknown;
  readonly password_changed_at?: unknown;
}

async function openDeviceToken(
  { budget }: ThrottledSettings,
  token: unknown,
  device: TokenProfile,
): Promise<DeviceClaims | null> {
  if (typeof token !== "string") return null;
  try {
    return (await budget.wait("the device token", verifyToken(token, device))) as DeviceClaims;
  } catch (error) {
    if (isAuthError(error)) return null; // The login goes on without the device: its token only spares the user a wait.
    throw error;
  }
}

/** Finds when a user's password last changed, in milliseconds since 1970: `null` for never, `undefined` if unknown. */
function findPasswordChange({ passwordChangedAt }: User): number | null | undefined {
  return passwordChangedAt === undefined || passwordChangedAt === null
    ? passwordChangedAt
    : readTime(passwordChangedAt);
}
