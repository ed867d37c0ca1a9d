import { isScope } from "../core/scope.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { assert } from "../shared/assert.ts";
import { checkOptions, checkText, type OptionNames } from "../shared/options.ts";
import type { Identity } from "./identity.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** How recent and how strong a proof must be. */
export interface FreshOptions {
  /** The longest time since the user last proved who it is, such as `"5m"`. None by default. */
  readonly maxAge?: Duration;
  /** Methods that the proof must have had, all of them, such as `["otp"]` (RFC 8176). None by default. */
  readonly methods?: readonly string[];
  /** Strengths of proof, one of which it must have had, by the issuer's names. None by default. */
  readonly acr?: string | readonly string[];
}

const FRESH: OptionNames<FreshOptions> = { maxAge: "optional", methods: "optional", acr: "optional" };

/**
 * Asks for a recent or a strong proof of who the user is, as before a payment (RFC 9470). Who has none is refused with
 * `insufficient_user_authentication` (401), and the challenge says what is needed. A credential that does not say when
 * or how its user proved it has no such proof.
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

/** Checks a name or a list of them, each fit to stand in a challenge beside others. */
function listNames(option: string, given: string | readonly string[]): readonly string[] {
  const names = [given].flat().map((it) => checkText(`fresh: ${option}`, it));
  assert(names.every(isScope), `fresh: ${option} must be names of printable ASCII without spaces`);
  return names;
}

function isRecent(at: number | null, seconds: number, { now, clockTolerance }: RuleContext): boolean {
  const age = (now() - (at ?? Number.NaN)) / 1_000;
  return age <= seconds + clockTolerance && age >= -clockTolerance;
}
