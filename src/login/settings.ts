import type { PasswordChecker } from "../core/password/hasher.ts";
import type { IssuingSettings } from "../sessions/settings.ts";
import type { User } from "../stores/contract.ts";
import type { ThrottleSettings } from "./throttle-options.ts";

/** What everything in this folder works with, for one request. */
export type LoginSettings<U extends User> = IssuingSettings<U> & {
  /** How attempts are limited; `null` where they are not. */
  readonly throttle: ThrottleSettings | null;
  readonly passwords: PasswordChecker;
  readonly onRehashFailure: (error: unknown) => unknown;
  readonly onUnreadableHash: (userId: string, scheme: string) => unknown;
};

/** What is needed to limit attempts, whoever the users are. */
export type ThrottledSettings = Pick<LoginSettings<User>, "throttle" | "budget">;
