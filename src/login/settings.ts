import type { PasswordChecker } from "../core/password/hasher.ts";
import type { IssuingSettings } from "../sessions/settings.ts";
import type { User } from "../stores/contract.ts";
import type { ThrottleSettings } from "./throttle-options.ts";

/** The settings that everything in this folder works with, and the time that one request has left. */
export type LoginSettings<U extends User> = IssuingSettings<U> & {
  /** The limits of attempts; `null` if there are none. */
  readonly throttle: ThrottleSettings | null;
  readonly passwords: PasswordChecker;
  readonly onRehashFailure: (error: unknown) => unknown;
  readonly onUnreadableHash: (userId: string, scheme: string) => unknown;
};

/** The settings that limit attempts, whatever the type of users. */
export type ThrottledSettings = Pick<LoginSettings<User>, "throttle" | "budget">;
