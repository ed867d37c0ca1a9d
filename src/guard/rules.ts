import { type AuthError, isAuthError } from "../core/errors.ts";
import { type Duration, toSeconds } from "../core/time.ts";
import { assert } from "../shared/assert.ts";
import { checkFunction, checkOptions, checkText, type OptionNames } from "../shared/options.ts";
import { isThenable } from "../shared/promise.ts";
import { unavailable } from "../store-calls/call.ts";
import type { Identity } from "./identity.ts";
import type { Rule, RuleContext } from "./rule.ts";

const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/**
 * Makes the rule of {@link scopes}.
 *
 * @param owner - the function that takes the scopes, which a message names
 * @throws TypeError when no scope is given, or one can't be a scope (RFC 6749 §3.3)
 */
export function askForScopes(owner: string, names: readonly string[]): Rule {
  return makeScopeRule(owner, names, (has) => names.every(has));
}

/**
 * Asks for all of several scopes. Who lacks one is refused with `insufficient_scope` (403).
 *
 * @throws TypeError when no scope is given, or one can't be a scope
 *
 * @example
 * ```ts
 * app.post("/orders", requireAuth(guard, scopes("orders:write")), createOrder);
 * ```
 */
export function scopes(...names: string[]): Rule {
  return askForScopes("scopes", names);
}

/**
 * Asks for one of several scopes. Who has none of them is refused with `insufficient_scope` (403).
 *
 * @throws TypeError when no scope is given, or one can't be a scope
 *
 * @example
 * ```ts
 * app.get("/orders", requireAuth(guard, anyScope("orders:read", "orders:write")), listOrders);
 * ```
 */
export function anyScope(...names: string[]): Rule {
  return makeScopeRule("anyScope", names, (has) => names.some(has));
}

function makeScopeRule(
  owner: string,
  names: readonly string[],
  fits: (has: (scope: string) => boolean) => boolean,
): Rule {
  const areScopes = names.length > 0 && names.every((it) => typeof it === "string" && SCOPE.test(it));
  assert(areScopes, `${owner} takes one or more scopes, such as "orders:read", each a string without spaces`);
  const scope = names.join(" ");
  return Object.freeze({
    check(identity: Identity, { refuse }: RuleContext) {
      if (!fits((it) => identity.scopes.includes(it))) throw refuse("insufficient_scope", { scope });
    },
  });
}

/**
 * Asks a predicate of the application, for what is no scope: a role, a tenant, the owner of a record. Who does not fit
 * is refused with `forbidden` (403).
 *
 * @param fits - answers `true` or `false`, or a promise of it. Any other answer, and whatever it throws, is an outage
 * (503), except for an `AuthError`, which refuses as it is.
 * @throws TypeError when `fits` is no function
 *
 * @example
 * ```ts
 * const isOwner = where(({ userId }, req: Request) => userId === req.params.id);
 * app.get("/users/:id", requireAuth(guard, isOwner), showUser);
 * ```
 */
export function where<Request = unknown, Claims = unknown>(
  fits: (identity: Identity<Claims>, request: Request) => boolean | PromiseLike<boolean>,
): Rule<Request> {
  checkFunction("where", fits, '({ claims }) => claims.role === "admin"');
  return Object.freeze({
    check(identity: Identity, context: RuleContext<Request>) {
      const verdict = fits(identity as Identity<Claims>, context.request);
      return isThenable(verdict)
        ? Promise.resolve(verdict).then((it) => judge(it, context))
        : judge(verdict as boolean, context);
    },
  });
}

function judge(verdict: boolean, { refuse }: RuleContext): void {
  if (verdict === false) throw refuse("forbidden");
  if (verdict !== true) throw new TypeError("where: the predicate must answer true or false");
}

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
  assert(
    names.every((it) => SCOPE.test(it)),
    `fresh: ${option} must be names of printable ASCII without spaces`,
  );
  return names;
}

function isRecent(at: number | null, seconds: number, { now, clockTolerance }: RuleContext): boolean {
  const age = (now() - (at ?? Number.NaN)) / 1_000;
  return age <= seconds + clockTolerance && age >= -clockTolerance;
}

/**
 * Asks for all of several rules, in order. The first that says no refuses.
 *
 * @throws TypeError when none is given, or one is no rule
 *
 * @example
 * ```ts
 * const mayPay = allOf(scopes("payments:write"), fresh({ maxAge: "5m" }));
 * ```
 */
export function allOf<Request>(...rules: readonly Rule<Request>[]): Rule<Request> {
  checkRules("allOf", rules, 1);
  return Object.freeze({
    check: (identity: Identity, context: RuleContext<Request>) => checkAll(rules, identity, context),
  });
}

/**
 * Asks for one of several rules. They are asked in order, until one says yes. Where none does, the first one's refusal
 * counts; but where one met an outage, nobody knows, and that is 503.
 *
 * @throws TypeError when none is given, or one is no rule
 *
 * @example
 * ```ts
 * const mayRead = anyRule(isOwner, scopes("admin"));
 * ```
 */
export function anyRule<Request>(...rules: readonly Rule<Request>[]): Rule<Request> {
  checkRules("anyRule", rules, 1);
  return Object.freeze({
    async check(identity: Identity, context: RuleContext<Request>) {
      const refusals: unknown[] = [];
      for (const rule of rules) {
        try {
          return await checkRule(rule, identity, context);
        } catch (error) {
          refusals.push(error);
        }
      }
      throw refusals.find((it) => !isAuthError(it) || it.status === 503) ?? refusals[0];
    },
  });
}

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
): void | Promise<void> {
  for (const [at, rule] of rules.entries()) {
    const pending = checkRule(rule, identity, context);
    if (pending !== undefined) return pending.then(() => checkAll(rules.slice(at + 1), identity, context));
  }
}

function checkRule<Request>(
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
