import { AuthError } from "../core/errors.ts";
import { assert } from "../shared/assert.ts";
import { readTime } from "../shared/date.ts";
import { MAX_ACR_LENGTH, MAX_DETAILS_LENGTH, MAX_METHODS } from "../shared/limits.ts";
import { isObject } from "../shared/object.ts";
import { areStrings } from "../shared/text.ts";
import { isThumbprint } from "../shared/thumbprint.ts";
import type { StoredSession } from "../stores/contract.ts";
import type { Binding } from "./binding.ts";
import type { SessionDevice } from "./device.ts";

/** When and how a user authenticated: the `auth_time`, `amr` and `acr` of access tokens. */
interface Authentication {
  /** When, in milliseconds since 1970. */
  readonly authenticatedAt: number;
  /** By which methods (RFC 8176), such as `["pwd", "otp"]`. */
  readonly methods: readonly string[];
  /** The class of the authentication; `null` where the application has none. */
  readonly acr: string | null;
}

/** What a session stores about its beginning. Lifetimes are in milliseconds, and `null` where they are the default. */
export interface SessionDetails extends Authentication {
  readonly device: SessionDevice;
  readonly idleLifetime: number | null;
  readonly absoluteLifetime: number | null;
  /** Whether a browser keeps the refresh cookie when it is closed. */
  readonly persistent: boolean;
  /** The thumbprint of the key that its tokens are bound to (RFC 9449 §6); `null` where they are Bearer tokens. */
  readonly boundTo: string | null;
}

/** What options say about a session. A member that was not given is missing. */
export type SessionWishes = Partial<Omit<SessionDetails, "authenticatedAt" | "boundTo"> & Binding>;

/** Completes what options say about a session by defaults. */
export function completeDetails(
  { useProof: _, ...wishes }: SessionWishes,
  authenticatedAt: number,
  defaults: SessionWishes,
): SessionDetails {
  const lifetimes = { idleLifetime: null, absoluteLifetime: null, persistent: true };
  return { methods: [], acr: null, device: {}, ...lifetimes, boundTo: null, ...defaults, ...wishes, authenticatedAt };
}

/** How most sessions begin. */
const DEFAULT_METHODS: readonly string[] = ["pwd"];

/**
 * Serializes a session's details for the store. Defaults are left out to keep the text short, since every session has
 * one.
 *
 * @throws TypeError where the text is longer than stores have to keep
 */
export function writeDetails(details: SessionDetails, createdAt: Date): string {
  const { authenticatedAt, methods, acr, device, idleLifetime, absoluteLifetime, persistent, boundTo } = details;
  const text = JSON.stringify({
    ...(authenticatedAt !== createdAt.getTime() && { at: authenticatedAt }),
    ...(methods.join(" ") !== DEFAULT_METHODS.join(" ") && { amr: methods }),
    ...(acr !== null && { acr }),
    ...(Object.keys(device).length > 0 && { device }),
    ...(idleLifetime !== null && { idle: idleLifetime }),
    ...(absoluteLifetime !== null && { absolute: absoluteLifetime }),
    ...(!persistent && { persistent }),
    ...(boundTo !== null && { jkt: boundTo }),
  });
  // The limits of its members keep it shorter. Stores count on this limit.
  assert(text.length <= MAX_DETAILS_LENGTH, `a session's details must have at most ${MAX_DETAILS_LENGTH} characters`);
  return text;
}

/**
 * Reads the details of a session. If it was stored without details, the methods of its authentication are unknown.
 *
 * @throws AuthError `unavailable` (503) where the store returned another text than it was given
 */
export function readDetails({ details, createdAt }: StoredSession): SessionDetails {
  const known = details === "" ? { amr: [] } : parseDetails(details);
  if (known !== null) return fillDetails(known, createdAt.getTime());
  throw new AuthError("unavailable", {
    cause: new TypeError("the refresh store gave a session's details that are none"),
  });
}

interface WrittenDetails {
  readonly at?: number;
  readonly amr?: readonly string[];
  readonly acr?: string;
  readonly device?: SessionDevice;
  readonly idle?: number;
  readonly absolute?: number;
  readonly persistent?: boolean;
  readonly jkt?: string;
}

function fillDetails(written: WrittenDetails, createdAt: number): SessionDetails {
  const {
    at = createdAt,
    amr = DEFAULT_METHODS,
    acr = null,
    device = {},
    idle = null,
    absolute = null,
    persistent = true,
    jkt = null,
  } = written;
  const lifetimes = { idleLifetime: idle, absoluteLifetime: absolute, persistent };
  return { authenticatedAt: at, methods: amr, acr, device, ...lifetimes, boundTo: jkt };
}

function parseDetails(text: string): WrittenDetails | null {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return null;
  }
  return areDetails(found) ? found : null;
}

/** Checks what a store returned, which may be anything. A value of another type than was written proves nothing. */
function areDetails(value: unknown): value is WrittenDetails {
  if (!isObject(value)) return false;
  const {
    at = 0,
    amr = [],
    acr = "",
    device = {},
    idle = 1,
    absolute = 1,
    persistent = true,
    jkt,
  } = value as WrittenDetails;
  return (
    isTimestamp(at) &&
    areStrings(amr) &&
    amr.length <= MAX_METHODS &&
    typeof acr === "string" &&
    acr.length <= MAX_ACR_LENGTH &&
    isObject(device) &&
    areStrings(Object.values(device)) &&
    [idle, absolute].every((it) => Number.isSafeInteger(it) && it > 0) &&
    typeof persistent === "boolean" &&
    (jkt === undefined || isThumbprint(jkt))
  );
}

function isTimestamp(value: unknown): boolean {
  return typeof value === "number" && !Number.isNaN(readTime(new Date(value)));
}
