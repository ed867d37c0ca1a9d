import { isAuthError } from "../core/errors.ts";
import { refusePromise } from "../shared/promise.ts";
import { isOutage, tellOutage } from "../store-calls/outage.ts";
import type { Answers, Refuse } from "./answers.ts";
import { bindAuthorize } from "./authorize.ts";
import { bindCredentials } from "./bind-credentials.ts";
import { bindInspector } from "./bind-inspector.ts";
import { bindToken } from "./bind-token.ts";
import type { GuardStats, TokenGuard } from "./guard.ts";
import { keepInspector } from "./inspection.ts";
import type { GuardSettings } from "./options.ts";
import type { Internals } from "./profiles.ts";
import { nameRealm } from "./refusal.ts";
import type { AuthorizationHeader } from "./request.ts";
import { keepTaker } from "./several.ts";
import { keepTokenSources } from "./shared-tokens.ts";
import { listProfiles, listResolvers, readCalls } from "./token-credentials.ts";

/** Creates a guard from checked settings. */
export function bindGuard(settings: GuardSettings): TokenGuard<never> {
  const profiles = settings.credentials.flatMap(listProfiles);
  let refused = 0;
  const refuse: Refuse = (error, shown) => {
    refused += 1;
    if (isOutage(error)) tellOutage(settings.onOutage, error, "authenticate", true);
    else if (isAuthError(error)) {
      const { code } = error;
      if (code !== "missing_token") settings.emit(() => ({ type: "token_refused", code }));
      throw nameRealm(settings, error, shown);
    }
    throw error;
  };
  const answers = chooseAnswers(settings, refuse);
  keepTokenSources(answers, [...profiles, ...settings.credentials.flatMap(listResolvers)]);
  keepTaker(answers, { credentials: settings.credentials, refuse });
  if (profiles.length > 0) keepInspector(answers, bindInspector(settings, profiles, refuse));
  return Object.freeze({
    ...answers,
    authenticateToken: async (token: unknown) => answers.authenticate(toHeader(token)),
    authorize: bindAuthorize(settings),
    stats: () => ({ cache: countLookups(profiles), refused, stores: countCalls(settings) }),
  }) as TokenGuard<never>;
}

function chooseAnswers(settings: GuardSettings, refuse: Refuse): Answers {
  const [only, ...others] = settings.credentials;
  const profiles = only?.name === "bearer" && others.length === 0 ? listProfiles(only) : [];
  const [profile, ...more] = profiles;
  // Most guards take one kind of token in a header, so that case has a faster path.
  return profile !== undefined && more.length === 0
    ? bindToken(settings, profile, refuse)
    : bindCredentials(settings, refuse);
}

/** Collects the statistics of store calls, those of the guard and of its credentials. */
function countCalls({ counter, credentials }: GuardSettings): GuardStats["stores"] {
  return Object.assign(counter.read(), ...credentials.map(readCalls));
}

/** Adds up the cache hits and misses of profiles. A profile that two credentials share counts once. */
function countLookups(profiles: readonly Internals[]): GuardStats["cache"] {
  const lookups = [...new Set(profiles)].map(({ lookups }) => lookups);
  return {
    hits: lookups.reduce((sum, { hits }) => sum + hits, 0),
    misses: lookups.reduce((sum, { misses }) => sum + misses, 0),
  };
}

/**
 * Writes the Authorization header of a bare token. A value that is not a string becomes an empty token, which is
 * refused.
 */
function toHeader(token: unknown): AuthorizationHeader {
  refusePromise("what authenticateToken was given", token);
  if (token === undefined || token === null || token === "") return null;
  return `Bearer ${typeof token === "string" ? token : ""}`;
}
