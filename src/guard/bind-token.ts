import { AuthError, isAuthError } from "../core/errors.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import { openToken, recallToken, shapeClaims } from "../core/token/verify.ts";
import { readStopwatch } from "../shared/clock.ts";
import { isThenable } from "../shared/promise.ts";
import { waitFor } from "../store-calls/call.ts";
import type { Answers, Refuse } from "./answers.ts";
import { explainRefusal, readBearerToken } from "./bearer-header.ts";
import { refuseBound } from "./binding.ts";
import type { GuardAnswer } from "./guard.ts";
import { createIdentity, type Identity, type TokenIdentity } from "./identity.ts";
import { promiseAnswers } from "./immediate.ts";
import { refuseLongLife } from "./long-life.ts";
import type { GuardSettings } from "./options.ts";
import type { Internals } from "./profiles.ts";
import { readAuthorization, takeOne } from "./request.ts";
import { refuseRevoked } from "./revocation.ts";
import { referToToken } from "./token-reference.ts";

/**
 * Creates the methods by which a guard with one kind of token, in an Authorization header, authenticates.
 *
 * The steps, in this order: read the token from the header (`bearer-header`), find it in the cache or verify it
 * (`core/token/verify`), check its status, apply the profile's schema, make the identity, and ask the blocklist.
 */
export function bindToken(settings: GuardSettings, profile: Internals, refuse: Refuse): Answers {
  const { blocklist, requestTimeoutMs, observe } = settings;
  const storeTimeoutMs = Math.min(settings.storeTimeoutMs, requestTimeoutMs);
  const { schema, status, identity: mapping } = profile;
  const isToBeAwaited = schema !== undefined || status !== undefined;

  const identify = (checked: CheckedClaims, claims: object): TokenIdentity => {
    refuseBound(checked);
    if (blocklist !== null) refuseLongLife(checked, profile);
    return createIdentity(checked, claims, mapping, "bearer");
  };

  /**
   * The identities of cached tokens, by their claims. Both are frozen, so that requests can share them. Making an
   * identity takes as long as the cache's lookup of the token.
   */
  const identities = new WeakMap<CheckedClaims, TokenIdentity>();

  const shareIdentity = (checked: CheckedClaims): TokenIdentity => {
    const known = identities.get(checked);
    if (known !== undefined) return known;
    const identity = identify(checked, checked);
    identities.set(checked, identity);
    return identity;
  };

  const explain = (error: unknown, given: Given): never =>
    refuse(isAuthError(error) ? explainRefusal(readAuthorization(given), error) : error);

  /**
   * Continues where keys, the thread pool, the status or the schema have to be awaited, within one time limit for all.
   */
  const finishInTime = async (opened: CheckedClaims | PromiseLike<CheckedClaims>, given: Given): Promise<Identity> => {
    const startedAt = readStopwatch();
    const getTimeLeft = (): number => Math.max(requestTimeoutMs - (readStopwatch() - startedAt), 1);
    try {
      const checked = isThenable(opened) ? await waitFor("keys", requestTimeoutMs, opened) : opened;
      const pending = status?.check(checked);
      if (pending !== undefined) await waitFor("the token's status", Math.min(storeTimeoutMs, getTimeLeft()), pending);
      const identity =
        schema === undefined
          ? shareIdentity(checked)
          : identify(
              checked,
              await waitFor(
                "the claims' schema",
                Math.min(storeTimeoutMs, getTimeLeft()),
                shapeClaims(checked, schema),
              ),
            );
      if (blocklist !== null) {
        const reference = referToToken(checked, identity);
        await refuseRevoked(blocklist, Math.min(storeTimeoutMs, getTimeLeft()), reference, observe);
      }
      return identity;
    } catch (error) {
      return explain(error, given);
    }
  };

  /** Creates the function that authenticates. It returns a promise only if something has to be awaited. */
  const makeAnswer =
    <Absent>(answerAbsent: GuardAnswer<Absent>): GuardAnswer<Identity | Absent | Promise<Identity>> =>
    (given) => {
      try {
        const token = readBearerToken(takeOne("Authorization", readAuthorization(given)));
        if (token === null) return answerAbsent(given);
        const known = recallToken(token, profile);
        const checked = known ?? openToken(token, profile);
        if (isToBeAwaited || isThenable(checked)) return finishInTime(checked, given);
        const identity = known === undefined ? identify(checked, checked) : shareIdentity(known);
        if (blocklist === null) return identity;
        const reference = referToToken(checked, identity);
        const pending = refuseRevoked(blocklist, storeTimeoutMs, reference, observe);
        if (pending === undefined) return identity;
        return pending.then(
          () => identity,
          (error) => explain(error, given),
        );
      } catch (error) {
        return explain(error, given);
      }
    };

  const makeMethod = <Absent extends null>(answerAbsent: GuardAnswer<Absent>) =>
    promiseAnswers(makeAnswer(answerAbsent));

  return { authenticate: makeMethod(refuseNoToken), authenticateOptional: makeMethod(() => null) };
}

type Given = Parameters<GuardAnswer<unknown>>[0];

const NO_BEARER = "the Authorization header has no Bearer scheme";

function refuseNoToken(given: Given): never {
  const isThere = takeOne("Authorization", readAuthorization(given));
  throw new AuthError("missing_token", isThere ? { cause: new Error(NO_BEARER) } : {});
}
