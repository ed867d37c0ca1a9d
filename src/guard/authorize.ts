import { readClock } from "../core/time.ts";
import { isThenable } from "../shared/promise.ts";
import { waitFor } from "../store-calls/call.ts";
import { tellOutage } from "../store-calls/outage.ts";
import { checkAll, checkRules, toRefusal } from "./check-rules.ts";
import type { Credential } from "./credential.ts";
import { type Identity, isIdentity } from "./identity.ts";
import type { GuardSettings } from "./options.ts";
import { createRefusal } from "./refusal.ts";
import type { Rule, RuleContext } from "./rule.ts";

/** Creates a guard's `authorize`, which returns a promise only if a rule does. */
export function bindAuthorize(
  settings: GuardSettings,
): (identity: Identity | null, ...rules: Rule[]) => void | Promise<void> {
  const { clock, requestTimeoutMs, onOutage, emit } = settings;
  /** Turns what a rule threw into a refusal, reports it, and throws it. */
  const refuse = (thrown: unknown, { userId, sid = null }: Identity): never => {
    const refusal = toRefusal(thrown);
    if (refusal.status === 503) tellOutage(onOutage, refusal, "authorize", true);
    else emit(() => ({ type: "access_refused", userId, sid, code: refusal.code }));
    throw refusal;
  };

  const makeContext = (credential?: Credential): RuleContext =>
    Object.freeze({
      request: undefined,
      now: () => readClock(clock.now),
      clockTolerance: clock.clockTolerance,
      refuse: (code, details) => createRefusal(settings, code, details, credential),
    } satisfies RuleContext);
  const defaultContext = makeContext();
  /** By credential: a refusal's challenge has the scheme of the credential that was shown. */
  const contexts = new Map(settings.credentials.map((it) => [it.name, makeContext(it)]));
  return (identity, ...rules) => {
    if (identity === null) throw createRefusal(settings, "missing_token");
    if (!isIdentity(identity)) throw new TypeError("authorize takes the identity that authenticate gave: await it");
    checkRules("authorize", rules, 0);
    const context = contexts.get(identity.credential) ?? defaultContext;
    try {
      const pending = checkAll(rules, identity, context);
      if (!isThenable(pending)) return;
      return Promise.resolve(waitFor("rule", requestTimeoutMs, pending)).catch((thrown) => refuse(thrown, identity));
    } catch (thrown) {
      refuse(thrown, identity);
    }
  };
}
