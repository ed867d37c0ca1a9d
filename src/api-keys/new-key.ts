import { computeDigest } from "../core/digest.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { createJti } from "../core/token/jti.ts";
import { assert } from "../shared/assert.ts";
import { readTime } from "../shared/date.ts";
import { MAX_TEXT_LENGTH } from "../shared/limits.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import { A_TEXT, isText } from "../shared/text.ts";
import { checkUserId } from "../shared/user-id.ts";
import type { ApiKey, StoredApiKey } from "../stores/contract.ts";
import { makeKeyText } from "./key-text.ts";
import { copyApiKey } from "./record.ts";

/** A key to be created. */
export interface NewApiKey {
  /** The id of the user who gets it. */
  readonly userId: string;
  /** The scopes that it allows: at most 1024 characters together (RFC 6749 §3.3). None by default. */
  readonly scopes?: readonly string[];
  /** When it expires. `null` by default: never. */
  readonly expiresAt?: Date | null;
  /** The user's name for it, such as `"deploys"`: at most 1024 characters. `null` by default. */
  readonly label?: string | null;
}

/** The options of a rotation. */
export interface RotateOptions {
  /** How long the old key lives on, unless it expires sooner. `"1d"` by default. 0 ends it at once. */
  readonly overlap?: Duration;
  /**
   * When the key that takes its place expires. By default it gets the lifetime that the old key was created with;
   * `null` is never.
   */
  readonly expiresAt?: Date | null;
}

/** A key that was created. */
export interface CreatedApiKey {
  /** The key itself. Show it once: only its digest is stored. */
  readonly key: string;
  /** The key's record, as it is stored. */
  readonly apiKey: ApiKey;
}

const NEW_KEY: OptionNames<NewApiKey> = {
  userId: "required",
  scopes: "optional",
  expiresAt: "optional",
  label: "optional",
};

const ROTATE: OptionNames<RotateOptions> = { overlap: "optional", expiresAt: "optional" };

/** A scope of RFC 6749 §3.3: printable ASCII without space, quotes and backslashes. */
const SCOPE = /^[!#-[\]-~]+$/;

/** A new key's fields, checked and with their defaults. */
export type KeyFields = Pick<ApiKey, "userId" | "scopes" | "expiresAt" | "label">;

/** Checks the fields of a key that is created at an instant. */
export function checkNewKey(input: NewApiKey, now: number): KeyFields {
  checkOptions("create", input, NEW_KEY);
  const { userId, scopes = [], expiresAt = null, label = null } = input;
  checkUserId(userId);
  assert(
    Array.isArray(scopes) && [...scopes].every((scope) => typeof scope === "string" && SCOPE.test(scope)),
    'scopes must be a list of strings without spaces, such as ["orders:read"]',
  );
  assert(scopes.join(" ").length <= MAX_TEXT_LENGTH, `scopes must have at most ${MAX_TEXT_LENGTH} characters together`);
  assert(label === null || isText(label), `label must be null, or ${A_TEXT}`);
  return { userId, scopes: [...scopes], expiresAt: checkExpiry(expiresAt, now), label };
}

/** Checks the options of a rotation at an instant. The overlap is in milliseconds. */
export function checkRotation(
  options: RotateOptions,
  now: number,
): { readonly overlap: number; readonly expiresAt: Date | null | undefined } {
  checkOptions("rotate", options, ROTATE);
  const { overlap = "1d", expiresAt } = options;
  return {
    overlap: toSeconds("overlap", overlap, 0) * 1_000,
    expiresAt: expiresAt === undefined ? undefined : checkExpiry(expiresAt, now),
  };
}

/** Makes a key and its record. */
export function makeRecord(
  prefix: string,
  fields: KeyFields,
  now: number,
): { readonly key: string; readonly record: StoredApiKey } {
  const key = makeKeyText(prefix);
  const record = {
    ...fields,
    id: createJti(now),
    digest: computeDigest(key),
    hint: key.slice(-4),
    createdAt: new Date(now),
    lastUsedAt: null,
    replacedBy: null,
  };
  return { key, record };
}

/** Makes the result for a key that was stored. */
export function showKey({ key, record }: ReturnType<typeof makeRecord>): CreatedApiKey {
  return Object.freeze({ key, apiKey: copyApiKey(record) });
}

/** Tells whether a key is living at an instant. */
export function isLiving({ expiresAt }: ApiKey, now: number): boolean {
  return expiresAt === null || readTime(expiresAt) > now;
}

function checkExpiry(expiresAt: Date | null, now: number): Date | null {
  if (expiresAt === null) return null;
  assert(readTime(expiresAt) > now, "expiresAt must be a Date in the future, or null for a key that never expires");
  return new Date(readTime(expiresAt));
}
