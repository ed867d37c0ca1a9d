import type { TokenProfile } from "../core/token/profile.ts";
import type { TokenLife } from "../guard/lifetime.ts";
import type { GuardSettings } from "../guard/options.ts";
import type { Budgeted } from "../store-calls/budget.ts";
import type { User, UserStore } from "../stores/contract.ts";
import type { RefreshSettings } from "./refresh-options.ts";

/** The settings that everything in this folder works with, and the time that one request has left. */
export type FlowSettings = Budgeted<
  Pick<GuardSettings, "blocklist" | "realm" | "emit"> & {
    readonly token: TokenProfile;
    /** How sessions are kept; `null` where there are none. */
    readonly refresh: RefreshSettings | null;
    /** How long the tokens that the authenticator takes can be valid, its own and those of other issuers. */
    readonly life: TokenLife;
    /** Whether every credential demands that our tokens are bound to a key. */
    readonly bindsAll: boolean;
  }
>;

/** The same where sessions are kept. */
export type SessionSettings = FlowSettings & { readonly refresh: RefreshSettings };

/** The same where tokens are issued to users. */
export type IssuingSettings<U extends User> = FlowSettings & {
  readonly users: UserStore<U>;
  readonly claims: (user: U) => object | Promise<object>;
};
