import { AuthError, isAuthError } from "../core/errors.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import { openToken, openTokenInPool, recallToken, shapeClaims } from "../core/token/verify.ts";
import { stopwatch } from "../shared/clock.ts";
import { waitFor } from "../store-calls/call.ts";
import type { Answers, Refuse } from "./answers.ts";
import { explainRefusal, readToken } from "./bearer-header.ts";
import { refuseBound } from "./binding.ts";
import type { GuardAnswer } from "./guard.ts";
import { createIdentity, type Identity } from "./identity.ts";
import { promiseAnswers } from "./immediate.ts";
import type { GuardSettings } from "./options.ts";
import type { Internals } from "./profiles.ts";
import { readAuthorization, takeOne } from "./request.ts";
import { refuseRevoked } from "./revocation.ts";
import { referToToken } from "./token-reference.ts";

/**
 * Makes the answers of a guard that takes one kind of token, in an Authorization header.
 *
 * A header goes one way: its token is read (`bearer-header`), remembered or verified (`core/token/verify`), shaped by
 * the profile's schema, made an identity, and looked up in the blocklist.
 */
export function bindToken(settings: GuardSettings, profile: Internals, refuse: Refuse): Answers {
  const { blocklist, requestTimeoutMs, observe } = settings;
  const storeTimeoutMs = Math.min(settings.storeTimeoutMs, requestTimeoutMs);
  const { threadPool, schema, identity: reading } = profile;

  const identify = (checked: CheckedClaims, claims: object): Identity => {
    refuseBound(checked);
    return createIdentity(checked, claims, reading, "bearer");
  };

  /**
   * The identities of remembered tokens, by their claims. Both are frozen, so that requests may share them. To make one
   * takes as long as to recall the token.
   */
  const identities = new WeakMap<CheckedClaims, Identity>();

  const shareIdentity = (checked: CheckedClaims): Identity => {
    const known = identities.get(checked);
    if (known !== undefined) return known;
    const identity = identify(checked, checked);
    identities.set(checked, identity);
    return identity;
  };

  const explain = (error: unknown, given: Given): never =>
    refuse(isAuthError(error) ? explainRefusal(readAuthorization(given), error) : error);

  /** Authenticates where nothing has to be waited for. */
  const authenticateAtOnce =
    <Absent>(answerAbsent: GuardAnswer<Absent>): GuardAnswer<Identity | Absent> =>
    (given) => {
      try {
        const token = readToken(takeOne("Authorization", readAuthorization(given)));
        if (token === null) return answerAbsent(given);
        const known = recallToken(token, profile);
        if (known !== undefined) return shareIdentity(known);
        const checked = openToken(token, profile);
        return identify(checked, checked);
      } catch (error) {
        return explain(error, given);
      }
    };

  /** Authenticates where the thread pool, the schema or the blocklist has to be waited for. */
  const authenticateInTime =
    <Absent>(answerAbsent: GuardAnswer<Absent>): GuardAnswer<Promise<Identity | Absent>> =>
    async (given) => {
      try {
        const token = readToken(takeOne("Authorization", readAuthorization(given)));
        if (token === null) return answerAbsent(given);
        // Each `await` stands behind a condition: to wait for nothing would take a tenth of the whole.
        const known = recallToken(token, profile);
        const checked = known ?? (threadPool ? await openTokenInPool(token, profile) : openToken(token, profile));
        const startedAt = schema === undefined ? null : stopwatch();
        const identity =
          schema === undefined
            ? shareIdentity(checked)
            : identify(checked, await waitFor("the claims' schema", storeTimeoutMs, shapeClaims(checked, schema)));
        const leftMs = startedAt === null ? requestTimeoutMs : requestTimeoutMs - (stopwatch() - startedAt);
        if (blocklist !== null) {
          const timeoutMs = Math.min(storeTimeoutMs, Math.max(leftMs, 1));
          await refuseRevoked(blocklist, timeoutMs, referToToken(checked, identity.userId), observe);
        }
        return identity;
      } catch (error) {
        return explain(error, given);
      }
    };

  const mustWait = threadPool || schema !== undefined || blocklist !== null;
  const makeMethod = <Absent extends null>(answerAbsent: GuardAnswer<Absent>) =>
    mustWait ? authenticateInTime(answerAbsent) : promiseAnswers(authenticateAtOnce(answerAbsent));

  return { authenticate: makeMethod(refuseAbsent), authenticateOptional: makeMethod(() => null) };
}

type Given = Parameters<GuardAnswer<unknown>>[0];

function refuseAbsent(given: Given): never {
  const isThere = takeOne("Authorization", readAuthorization(given));
  throw new AuthError("missing_token", isThere ? { cause: new Error(NO_BEARER) } : {});
}

const NO_BEARER = "the Authorization header has no Bearer scheme";
