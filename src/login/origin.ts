import type { SessionDevice } from "../sessions/device.ts";
import { checkNames, type OptionNames } from "../shared/options.ts";

/** Where an attempt to log in comes from. */
export interface LoginOrigin {
  /**
   * The client's address, as the framework knows it. Where it is left out, attempts are counted together. With a
   * throttle, text that is no address (`""`, `"unknown"`, a list) is refused as `unavailable`, and told to `onOutage`.
   */
  readonly ip?: string | undefined;
  /**
   * The refresh token of the session that the client has so far, or several where it sent several: a good login ends
   * that session first (OWASP ASVS 7.2.4). Whatever is no refresh token is passed over.
   */
  readonly refreshToken?: unknown;
  /**
   * The device token that an earlier login gave the client, or several where it sent several, for a throttle with
   * `device`. Whatever is none of this user's is passed over.
   */
  readonly deviceToken?: unknown;
  /** The device that the session begins on, which `sessions` lists. Nothing is remembered of it by default. */
  readonly device?: SessionDevice | undefined;
}

const NAMES: OptionNames<LoginOrigin> = {
  ip: "optional",
  refreshToken: "optional",
  deviceToken: "optional",
  device: "optional",
};

/** Refuses an origin with an unknown name: with a misspelt `ip`, a throttle would count all clients together. */
export function checkOrigin(origin: LoginOrigin): void {
  checkNames("a login's origin", origin, NAMES);
}
