import { type AuthError, isAuthError } from "../core/errors.ts";
import { assert } from "../shared/assert.ts";
import { isThenable } from "../shared/promise.ts";
import { unavailable } from "../store-calls/call.ts";
import type { Identity } from "./identity.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** Refuses what is no rule. */
export function checkRules(owner: string, rules: readonly unknown[], atLeast: number): void {
  const fit = rules.length >= atLeast && rules.every(isRule);
  assert(fit, `${owner} takes rules, such as scopes("orders:read") or where((identity) => …)`);
}

function isRule(value: unknown): boolean {
  return typeof (value as Partial<Rule> | null | undefined)?.check === "function";
}

/** Checks rules in order. It answers with a promise only where a rule does. */
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

/** Checks a rule, and what it answers. */
export function checkRule<Request>(
  rule: Rule<Request>,
  identity: Identity,
  context: RuleContext<Request>,
): void | Promise<void> {
  const verdict: unknown = rule.check(identity, context);
  if (isThenable(verdict)) return Promise.resolve(verdict).then(refuseVerdict);
  refuseVerdict(verdict);
}

/** A rule says no by an error. Whoever answers `false` means no too, and any other answer may mean anything. */
function refuseVerdict(verdict: unknown): void {
  if (verdict !== undefined) throw new TypeError("a rule must throw where it refuses, and answer nothing");
}

/** Makes an outage of what a rule threw, unless it is a refusal. */
export function toRefusal(thrown: unknown): AuthError {
  return isAuthError(thrown) ? thrown : unavailable("rule", 0, thrown);
}
