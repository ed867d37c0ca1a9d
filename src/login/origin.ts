import type { SessionDevice } from "../sessions/device.ts";
import { checkNames, type OptionNames } from "../shared/options.ts";
import { refusePromisesIn } from "../shared/promise.ts";

/** Where an attempt to log in comes from. */
export interface LoginOrigin {
  /**
   * The client's address, as the framework knows it. If it is left out, attempts are counted together. With a throttle,
   * text that is not an address (`""`, `"unknown"`, a list) is refused with `unavailable`, and `onOutage` is called.
   */
  readonly ip?: string | undefined;
  /**
   * The refresh token of the session that the client has so far, or several if it sent several. A successful login ends
   * that session first (OWASP ASVS 7.2.4). A value that is not a refresh token is ignored.
   */
  readonly refreshToken?: unknown;
  /**
   * The device token that an earlier login gave the client, or several if it sent several, for a throttle with
   * `device`. A value that is not a token of this user is ignored.
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

/**
 * Refuses an origin with an unknown name, or with a promise: with a misspelt `ip`, a throttle would count all clients
 * together.
 */
export function checkOrigin(origin: LoginOrigin): void {
  checkNames("a login's origin", origin, NAMES);
  refusePromisesIn("a login's origin", origin, origin.device ?? {});
}
