import { AuthError } from "../core/errors.ts";
import { createTokenError } from "../core/token/compact.ts";
import { readStopwatch } from "../shared/clock.ts";
import { readTime } from "../shared/date.ts";
import { isThenable } from "../shared/promise.ts";
import { areStrings, isText } from "../shared/text.ts";
import { toOutage, waitFor } from "../store-calls/call.ts";
import type { TokenReference } from "../stores/contract.ts";
import type { Answers, Refuse } from "./answers.ts";
import type { Defer, ShownIdentity } from "./credential.ts";
import { createFault } from "./credential-fault.ts";
import type { GuardAnswer } from "./guard.ts";
import { type Identity, isIdentity } from "./identity.ts";
import { promiseAnswers } from "./immediate.ts";
import { readLongLife } from "./long-life.ts";
import type { GuardSettings } from "./options.ts";
import { type CredentialRequest, toCredentialRequest } from "./request.ts";
import { refuseRevoked } from "./revocation.ts";
import { findShown, type Shown } from "./shown.ts";

/** A step that a credential deferred. */
type Step = Parameters<Defer>[0];

/**
 * Creates the methods by which a guard with any credentials authenticates. They find the credential that a request
 * shows, let it verify the text, make the identity, ask the blocklist about it, and take the steps that the credential
 * deferred. An answer is a promise only if the credential, the blocklist or a step has to be awaited.
 */
export function bindCredentials(settings: GuardSettings, refuse: Refuse): Answers {
  const { credentials, blocklist, storeTimeoutMs, requestTimeoutMs, observe } = settings;

  const lookUp = (
    { identity, reference, longLife }: ProvenIdentity,
    timeLeftMs: number,
  ): Identity | Promise<Identity> => {
    if (blocklist === null || reference === null) return identity;
    if (longLife !== null) throw createTokenError(longLife);
    const timeoutMs = Math.min(storeTimeoutMs, timeLeftMs);
    const pending = refuseRevoked(blocklist, timeoutMs, reference, observe);
    return pending === undefined ? identity : pending.then(() => identity);
  };

  const proveInTime = async (
    shown: Shown,
    answer: ShownIdentity | PromiseLike<ShownIdentity>,
    steps: readonly Step[],
  ) => {
    const startedAt = readStopwatch();
    const getTimeLeft = (): number => Math.max(requestTimeoutMs - (readStopwatch() - startedAt), 1);
    const proven = readProven(shown, await waitInTime(shown, requestTimeoutMs, answer));
    const identity = await lookUp(proven, getTimeLeft());
    for (const step of steps) await waitInTime(shown, getTimeLeft(), (async () => step())());
    return identity;
  };

  const prove = (shown: Shown, request: CredentialRequest): Identity | Promise<Identity> => {
    const steps: Step[] = [];
    const answer = verifyShown(shown, request, (step) => steps.push(step));
    // A timer costs more than the lookup of a cached token, so it is only set where there is something to wait for.
    return isThenable(answer) || steps.length > 0
      ? proveInTime(shown, answer, steps)
      : lookUp(readProven(shown, answer as ShownIdentity), requestTimeoutMs);
  };

  const makeMethod = <Absent extends null>(answerAbsent: () => Absent): GuardAnswer<Promise<Identity | Absent>> =>
    promiseAnswers((given) => {
      let shown: Shown | null = null;
      try {
        const request = toCredentialRequest(given);
        shown = findShown(credentials, request);
        if (shown === null) return answerAbsent();
        const { credential } = shown;
        const found = prove(shown, request);
        return isThenable(found) ? (found as Promise<Identity>).catch((error) => refuse(error, credential)) : found;
      } catch (error) {
        return refuse(error, shown?.credential);
      }
    });

  return { authenticate: makeMethod(refuseNoCredential), authenticateOptional: makeMethod(() => null) };
}

function refuseNoCredential(): never {
  throw new AuthError("missing_token");
}

function verifyShown(
  { credential, text }: Shown,
  request: CredentialRequest,
  defer: Defer,
): ShownIdentity | PromiseLike<ShownIdentity> {
  try {
    return credential.verify(text, request, defer);
  } catch (error) {
    throw toOutage(credential.name, error);
  }
}

async function waitInTime<T>({ credential }: Shown, timeoutMs: number, answer: T | PromiseLike<T>): Promise<T> {
  try {
    return await waitFor("credential", timeoutMs, answer);
  } catch (error) {
    throw toOutage(credential.name, error);
  }
}

/** An identity, and its reference for the blocklist; `null` if the blocklist is not asked. */
interface ProvenIdentity {
  readonly identity: Identity;
  readonly reference: TokenReference | null;
  /** Why a token lives too long for a guard with a blocklist; `null` where it does not. */
  readonly longLife: string | null;
}

/** Checks a credential's answer. A credential that the application wrote may return anything, and getters may throw. */
function readProven({ credential }: Shown, answer: ShownIdentity): ProvenIdentity {
  try {
    const { userId, claims, scopes = [], sid = null, authenticatedAt = null, methods = [] } = answer ?? {};
    const { acr = null, revocation } = answer ?? {};
    const { issuedAt: date = revocation === undefined ? null : readTime(revocation.issuedAt) } = answer ?? {};
    const { name } = credential;
    const identity = { userId, scopes, sid, claims, credential: name, authenticatedAt, methods, acr, issuedAt: date };
    if (!isIdentity(identity)) throw createFault(credential, "verify must answer with { userId, scopes, claims }");
    if (!areStrings(scopes)) throw createFault(credential, "scopes must be a list of strings (await each)");
    const isDated = authenticatedAt === null || Number.isFinite(authenticatedAt);
    if (!isDated) throw createFault(credential, "authenticatedAt must be milliseconds since 1970, or null");
    if (!areStrings(methods)) throw createFault(credential, 'methods must be a list, such as ["otp"]');
    const isIssued = date === null || typeof date === "number";
    if (!isIssued) throw createFault(credential, "issuedAt must be milliseconds since 1970, or null");
    if (revocation === undefined) return { identity: Object.freeze(identity), reference: null, longLife: null };
    const { jti, issuedAt } = revocation;
    // No comparison with an invalid date is true, so no revocation of a user or a session would apply.
    const isKnown = !Number.isNaN(readTime(issuedAt)) && [jti, sid].every((it) => it === null || isText(it));
    if (!isKnown) throw createFault(credential, "revocation must be { jti, issuedAt }, a string or null and a Date");
    const reference = { jti, sid, userId, issuedAt };
    return { identity: Object.freeze(identity), reference, longLife: readLongLife(revocation) };
  } catch (error) {
    throw toOutage(credential.name, error);
  }
}
