import { AuthError, isAuthError } from "../core/errors.ts";
import type { CheckedClaims } from "../core/token/claims.ts";
import { type ClaimsOf, readInternals, type TokenProfile } from "../core/token/profile.ts";
import type { ClaimsSchema } from "../core/token/schema.ts";
import { openToken, openTokenInPool, recallToken, shapeClaims } from "../core/token/verify.ts";
import { stopwatch } from "../shared/clock.ts";
import { checkBoolean } from "../store-calls/answer-checks.ts";
import { callStore, waitFor } from "../store-calls/call.ts";
import { isOutage, tellOutage } from "../store-calls/outage.ts";
import type { Blocklist } from "../stores/contract.ts";
import { explainRefusal, readToken, takeOnlyHeader } from "./credential.ts";
import type { AuthorizationHeader, Guard, GuardAnswer } from "./guard.ts";
import { createIdentity, type Identity, isIdentity } from "./identity.ts";
import { promiseAnswers } from "./immediate.ts";
import type { GuardSettings } from "./options.ts";
import { referToToken } from "./token-reference.ts";

/**
 * Makes the guard of settings that were checked.
 *
 * A header goes one way: its token is read (`credential`), remembered or verified (`core/token/verify`), shaped by the
 * profile's schema, made an identity, and looked up in the blocklist.
 */
export function bindGuard<Profile extends TokenProfile>(settings: GuardSettings<Profile>): Guard<ClaimsOf<Profile>> {
  const { blocklist, realm, onOutage, requestTimeoutMs } = settings;
  const storeTimeoutMs = Math.min(settings.storeTimeoutMs, requestTimeoutMs);
  const profile = readInternals<ClaimsSchema | undefined>("createGuard", settings.token);
  const { threadPool, schema } = profile;

  type Found = Identity<ClaimsOf<Profile>>;

  const refuse = (error: unknown, header: AuthorizationHeader): never => {
    if (isOutage(error)) tellOutage(onOutage, error, "authenticate", true);
    else if (isAuthError(error)) throw nameRealm(explainRefusal(header, error), realm);
    throw error;
  };

  /** Authenticates where nothing has to be waited for. */
  const authenticateAtOnce =
    <Absent>(answerAbsent: GuardAnswer<Absent>): GuardAnswer<Found | Absent> =>
    (header) => {
      try {
        const token = readToken(takeOnlyHeader(header));
        if (token === null) return answerAbsent(header);
        const checked = recallToken(token, profile) ?? openToken(token, profile);
        return createIdentity(checked, checked as ClaimsOf<Profile>);
      } catch (error) {
        return refuse(error, header);
      }
    };

  /** Authenticates where the thread pool, the schema or the blocklist has to be waited for. */
  const authenticateInTime =
    <Absent>(answerAbsent: GuardAnswer<Absent>): GuardAnswer<Promise<Found | Absent>> =>
    async (header) => {
      try {
        const token = readToken(takeOnlyHeader(header));
        if (token === null) return answerAbsent(header);
        // Each `await` stands behind a condition: to wait for nothing would take a tenth of the whole.
        const checked =
          recallToken(token, profile) ??
          (threadPool ? await openTokenInPool(token, profile) : openToken(token, profile));
        const startedAt = schema === undefined ? null : stopwatch();
        const claims =
          schema === undefined
            ? checked
            : await waitFor("the claims' schema", storeTimeoutMs, shapeClaims(checked, schema));
        const identity = createIdentity(checked, claims as ClaimsOf<Profile>);
        const leftMs = startedAt === null ? requestTimeoutMs : requestTimeoutMs - (stopwatch() - startedAt);
        await refuseRevoked(blocklist, Math.min(storeTimeoutMs, Math.max(leftMs, 1)), checked, identity.userId);
        return identity;
      } catch (error) {
        return refuse(error, header);
      }
    };

  const mustWait = threadPool || schema !== undefined || blocklist !== null;
  const makeMethod = <Absent extends null>(answerAbsent: GuardAnswer<Absent>) =>
    mustWait ? authenticateInTime(answerAbsent) : promiseAnswers(authenticateAtOnce(answerAbsent));

  return Object.freeze({
    authenticate: makeMethod(refuseAbsent),
    authenticateOptional: makeMethod(() => null),
    authorize(identity: Identity | null, scopes: readonly string[]) {
      if (identity === null) throw new AuthError("missing_token", { realm });
      if (!isIdentity(identity)) throw new TypeError("authorize takes the identity that authenticate gave: await it");
      if (scopes.some((scope) => !identity.scopes.includes(scope))) {
        throw new AuthError("insufficient_scope", { scope: scopes.join(" "), realm });
      }
    },
  });
}

function refuseAbsent(header: AuthorizationHeader): never {
  throw new AuthError("missing_token", header?.length ? { cause: new Error(NO_BEARER) } : {});
}

const NO_BEARER = "the Authorization header has no Bearer scheme";

async function refuseRevoked(
  blocklist: Blocklist | null,
  storeTimeoutMs: number,
  checked: CheckedClaims,
  userId: string,
): Promise<void> {
  if (blocklist === null) return;
  const reference = referToToken(checked, userId);
  const call = () => blocklist.isRevoked(reference);
  if (await callStore("blocklist.isRevoked", storeTimeoutMs, call, checkBoolean)) throw new AuthError("revoked");
}

function nameRealm(error: AuthError, realm: string): AuthError {
  return new AuthError(error.code, { realm, ...("cause" in error && { cause: error.cause }) });
}
