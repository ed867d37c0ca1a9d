import { isScope } from "../core/scope.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { assert } from "../shared/assert.ts";
import { checkOptions, checkText, type OptionNames } from "../shared/options.ts";
import type { Identity } from "./identity.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** How recent and how strong the user's authentication must be. */
export interface FreshOptions {
  /** The longest time since the user last authenticated, such as `"5m"`. None by default. */
  readonly maxAge?: Duration;
  /** Methods that the user must have authenticated by, all of them, such as `["otp"]` (RFC 8176). None by default. */
  readonly methods?: readonly string[];
  /** Strengths of authentication by the issuer's names, one of which is needed. None by default. */
  readonly acr?: string | readonly string[];
}

const FRESH: OptionNames<FreshOptions> = { maxAge: "optional", methods: "optional", acr: "optional" };

/**
 * Requires a recent or a strong authentication of the user, as before a payment (RFC 9470). Any other identity is
 * refused with `insufficient_user_authentication` (401), and the challenge says what is needed. So is one whose
 * credential does not say when or how the user authenticated.
 *
 * @throws TypeError when no option is given, or one is misspelt or meaningless
 *
 * @example
 * ```ts
 * app.post("/payments", requireAuth(guard, fresh({ maxAge: "5m", methods: ["otp"] })), pay);
 * ```
 */
export function fresh(options: FreshOptions): Rule {
  checkOptions("fresh", options, FRESH);
  const seconds = options.maxAge === undefined ? null : toSeconds("maxAge", options.maxAge, 0);
  const methods = listNames("methods", options.methods ?? []);
  const strengths = listNames("acr", options.acr ?? []);
  const isAsking = seconds !== null || methods.length > 0 || strengths.length > 0;
  assert(isAsking, "fresh needs maxAge, methods or acr");
  const challenge = {
    ...(seconds !== null && { max_age: String(seconds) }),
    ...(strengths.length > 0 && { acr_values: strengths.join(" ") }),
  };
  return Object.freeze({
    check(identity: Identity, context: RuleContext) {
      const isFresh =
        (seconds === null || isRecent(identity.authenticatedAt, seconds, context)) &&
        methods.every((it) => Array.isArray(identity.methods) && identity.methods.includes(it)) &&
        (strengths.length === 0 || strengths.includes(identity.acr as string));
      if (!isFresh) throw context.refuse("insufficient_user_authentication", { challenge });
    },
  });
}

/** Checks a name or a list of names. Each must fit into a space-separated list in a challenge. */
function listNames(option: string, given: string | readonly string[]): readonly string[] {
  const names = [given].flat().map((it) => checkText(`fresh: ${option}`, it));
  assert(names.every(isScope), `fresh: ${option} must be names of printable ASCII without spaces`);
  return names;
}

function isRecent(at: number | null, seconds: number, { now, clockTolerance }: RuleContext): boolean {
  const age = (now() - (at ?? Number.NaN)) / 1_000;
  return age <= seconds + clockTolerance && age >= -clockTolerance;
}
