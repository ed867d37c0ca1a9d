import type { PasswordHasher } from "../core/password/hasher.ts";
import type { TokenProfile } from "../core/token/profile.ts";
import type { User, UserStore } from "../stores/contract.ts";
import type { GuardSettings } from "./guard.ts";
import type { RefreshSettings } from "./refresh-options.ts";
import type { ThrottleSettings } from "./throttle.ts";

/** What the verbs of an authenticator work with, whoever its users are: checked and with its defaults. */
export interface CommonSettings extends GuardSettings<TokenProfile> {
  readonly refresh: RefreshSettings | null;
  readonly throttle: ThrottleSettings | null;
}

/** The settings of an authenticator that keeps sessions. */
export type SessionSettings = CommonSettings & { readonly refresh: RefreshSettings };

/** What the verbs that read a user work with. */
export interface FlowSettings<U extends User> extends CommonSettings {
  readonly users: UserStore<U>;
  readonly passwords: PasswordHasher;
  readonly claims: (user: U) => object | Promise<object>;
  readonly onRehashFailure: (error: unknown) => void;
}
