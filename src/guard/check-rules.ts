import type { AuthError } from "../core/errors.ts";
import { assert } from "../shared/assert.ts";
import { isThenable } from "../shared/promise.ts";
import { toOutage } from "../store-calls/call.ts";
import type { Identity } from "./identity.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** Checks that all values are rules, and that there are enough of them. */
export function checkRules(owner: string, rules: readonly unknown[], atLeast: number): void {
  const fit = rules.length >= atLeast && rules.every(isRule);
  assert(fit, `${owner} takes rules, such as scopes("orders:read") or where((identity) => …)`);
}

function isRule(value: unknown): boolean {
  return typeof (value as Partial<Rule> | null | undefined)?.check === "function";
}

/** Checks rules in order. It returns a promise only if a rule does. */
export function checkAll<Request>(
  rules: readonly Rule<Request>[],
  identity: Identity,
  context: RuleContext<Request>,
  from = 0,
): void | Promise<void> {
  for (let at = from; at < rules.length; at += 1) {
    const pending = checkRule(rules[at] as Rule<Request>, identity, context);
    if (pending !== undefined) return pending.then(() => checkAll(rules, identity, context, at + 1));
  }
}

/** Checks a rule, and that it returns nothing. */
export function checkRule<Request>(
  rule: Rule<Request>,
  identity: Identity,
  context: RuleContext<Request>,
): void | Promise<void> {
  const verdict: unknown = rule.check(identity, context);
  if (isThenable(verdict)) return Promise.resolve(verdict).then(refuseVerdict);
  refuseVerdict(verdict);
}

/**
 * Throws if a rule returned something. A rule refuses by throwing, and one that returns `false` must not let anybody
 * pass.
 */
function refuseVerdict(verdict: unknown): void {
  if (verdict !== undefined) throw new TypeError("a rule must throw where it refuses, and answer nothing");
}

/** Turns what a rule threw into an outage, unless it is a refusal. */
export function toRefusal(thrown: unknown): AuthError {
  return toOutage("rule", thrown);
}
