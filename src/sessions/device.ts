import { MAX_DEVICE_ADDRESS_LENGTH, MAX_LABEL_LENGTH, MAX_USER_AGENT_LENGTH } from "../shared/limits.ts";
import { checkNames, type OptionNames } from "../shared/options.ts";
import { refusePromisesIn } from "../shared/promise.ts";

/**
 * The device that a session began on, for an account page. A member that is too long is cut, control characters are
 * dropped, and a value that is not a string is left out: all of it may come from a client.
 */
export interface SessionDevice {
  /** What the application or the user calls it, such as `"Work laptop"`: at most 100 characters. None by default. */
  readonly label?: string | undefined;
  /** The `User-Agent` header of the request that began the session: at most 500 characters. None by default. */
  readonly userAgent?: string | undefined;
  /** The client's address at that time: at most 64 characters. None by default. */
  readonly address?: string | undefined;
}

const OWNER = "a session's device";
const NAMES: OptionNames<SessionDevice> = { label: "optional", userAgent: "optional", address: "optional" };

/**
 * Takes the members of a device that a session may store.
 *
 * @throws TypeError where a member has an unknown name
 */
export function trimDevice(device: SessionDevice): SessionDevice {
  checkNames(OWNER, device, NAMES);
  refusePromisesIn(OWNER, device);
  const label = trimText(device.label, MAX_LABEL_LENGTH);
  const userAgent = trimText(device.userAgent, MAX_USER_AGENT_LENGTH);
  const address = trimText(device.address, MAX_DEVICE_ADDRESS_LENGTH);
  return {
    ...(label !== "" && { label }),
    ...(userAgent !== "" && { userAgent }),
    ...(address !== "" && { address }),
  };
}

/** Characters that no page should show: control characters, and those that turn the direction of text. */
const HIDDEN = /[\p{Cc}\p{Bidi_Control}]/gu;

/** Half of a surrogate pair, which a cut may leave at the end. */
const HALF = /[\uD800-\uDBFF]$/;

function trimText(value: unknown, most: number): string {
  if (typeof value !== "string") return "";
  return value.slice(0, most).replace(HALF, "").toWellFormed().replace(HIDDEN, "").trim();
}
