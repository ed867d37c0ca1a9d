import { checkRules } from "../guard/check-rules.ts";
import type { Guard } from "../guard/guard.ts";
import type { Identity } from "../guard/identity.ts";
import { findExchange, markExchange } from "../guard/request.ts";
import type { Rule } from "../guard/rule.ts";
import { takesSameTokens } from "../guard/shared-tokens.ts";
import { assert } from "../shared/assert.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";
import { checkNothingElse, isGuard, refuseRequest } from "./checks.ts";
import { admitRequest } from "./identity.ts";
import type { AdapterRequest } from "./request.ts";

/** The services that may call an endpoint. */
export interface ClientOptions {
  /**
   * The guard that authenticates the services: by `clientSecrets`, by API keys, or by a token profile of their own.
   * Without `rules` it must take none of the tokens that the endpoint is about. Otherwise every user could ask, and
   * whoever found a token could try it here (RFC 7662 §4).
   */
  readonly clients: Guard;
  /** The rules that a service must fit, all of them, such as `scopes("introspect")`. None by default. */
  readonly rules?: readonly Rule<AdapterRequest>[];
}

/** Checks who may call an endpoint, and that there are no further arguments, when a route is built. */
export function checkClientOptions<Options extends ClientOptions>(
  verb: string,
  guard: unknown,
  options: Options,
  names: OptionNames<Options>,
  extra: readonly unknown[],
): void {
  refuseRequest(verb, guard);
  checkNothingElse(verb, extra);
  checkOptions(verb, options, names);
  const { clients, rules = [] } = options;
  assert(
    isGuard(clients),
    `${verb}: clients must be a guard, such as createGuard({ credentials: [clientSecrets(…)] })`,
  );
  assert(Array.isArray(rules), `${verb}: rules must be a list, such as [scopes("${verb}")]`);
  checkRules(`${verb}: rules`, rules, 0);
  const isOpen = rules.length === 0 && isOfUsers(clients, guard);
  assert(!isOpen, `${verb}: every user could ask; give clients a guard of their own, or rules that only they fit`);
}

/**
 * Tells whether a user of a guard may pass as a service, too: by the same guard, or by one that takes the same tokens.
 */
function isOfUsers(clients: Guard, guard: unknown): boolean {
  return clients === guard || (isGuard(guard) && takesSameTokens(clients, guard as Guard));
}

/**
 * Authenticates the service that calls.
 *
 * @throws AuthError where it may not call
 */
export async function admitClient({ clients, rules = [] }: ClientOptions, request: AdapterRequest): Promise<Identity> {
  const access = { guard: clients, recognition: "authenticate" as const, rules };
  const given = request.authRequest();
  // The identity is stored on an empty object, so that the request keeps the identity of its user. The object has the
  // same exchange as the request, so a proof that a guard used already counts as the same use.
  return (await admitRequest(markExchange({}, findExchange(given)), access, given, request)) as Identity;
}
