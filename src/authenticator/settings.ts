import type { PasswordChecker } from "../core/password/hasher.ts";
import type { TokenProfile } from "../core/token/profile.ts";
import type { GuardSettings } from "../guard/guard.ts";
import type { ThrottleSettings } from "../login/throttle.ts";
import type { RefreshSettings } from "../sessions/refresh-options.ts";
import { type Budget, startBudget, type TimeLimits } from "../store-calls/ask.ts";
import type { User, UserStore } from "../stores/contract.ts";

/** What an authenticator was made with, whoever its users are: checked and with its defaults. */
export interface AuthenticatorSettings<U extends User> extends GuardSettings<TokenProfile> {
  readonly refresh: RefreshSettings | null;
  readonly throttle: ThrottleSettings | null;
  readonly users: UserStore<U>;
  readonly passwords: PasswordChecker;
  readonly claims: (user: U) => object | Promise<object>;
  readonly onRehashFailure: (error: unknown) => unknown;
  readonly onUnreadableHash: (userId: string, scheme: string) => unknown;
}

/** Settings, for one request. */
export type Budgeted<Settings> = Settings & {
  /** The time that the request has. */
  readonly budget: Budget;
};

/** What the verbs that read no user work with, for one request. */
export type CommonSettings = Budgeted<
  Omit<AuthenticatorSettings<User>, "users" | "passwords" | "claims" | "onRehashFailure" | "onUnreadableHash">
>;

/** The settings of an authenticator that keeps sessions. */
export type SessionSettings = CommonSettings & { readonly refresh: RefreshSettings };

/** What the verbs that read a user work with, for one request. */
export type FlowSettings<U extends User> = Budgeted<AuthenticatorSettings<U>>;

/** Gives a request its time. */
export function withBudget<Settings extends TimeLimits>(settings: Settings): Budgeted<Settings> {
  return { ...settings, budget: startBudget(settings) };
}
