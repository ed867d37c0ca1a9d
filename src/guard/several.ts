import { isAuthError } from "../core/errors.ts";
import type { Answers, Refuse } from "./answers.ts";
import { findShown } from "./bind-credentials.ts";
import type { Credential } from "./credential.ts";
import type { Guard, GuardAnswer } from "./guard.ts";
import { type CredentialRequest, toCredentialRequest } from "./request.ts";

/** The credentials that a guard takes, and how it refuses. */
interface Taker {
  readonly credentials: readonly Credential[];
  readonly refuse: Refuse;
}

/** What each guard of ours takes, under its method `authenticate`. */
const takers = new WeakMap<object, Taker>();

/** Keeps which credentials a guard takes, for {@link joinTakers}. */
export function keepTaker({ authenticate }: Pick<Answers, "authenticate">, taker: Taker): void {
  takers.set(authenticate, taker);
}

/** Joins what several guards take. The first one refuses. What a guard of the application's own takes is not known. */
export function joinTakers(guards: readonly Guard[]): Taker | undefined {
  const found = guards.map(({ authenticate }) => takers.get(authenticate)).filter((it) => it !== undefined);
  const [first] = found;
  return first && { credentials: found.flatMap(({ credentials }) => credentials), refuse: first.refuse };
}

/**
 * Refuses a request that shows two credentials to several guards, as one guard refuses it (RFC 6750 §2). Two cookies
 * may be there: a browser sends all that it has, to every route. What is wrong with a cookie is for its guard to say.
 */
export function refuseSeveral({ credentials, refuse }: Taker, given: Parameters<GuardAnswer<unknown>>[0]): void {
  const request = toCredentialRequest(given);
  const cookies = credentials.filter((it) => isCookie(it) && isShown(it, request));
  const others = credentials.filter((it) => !isCookie(it));
  try {
    for (const cookie of cookies) findShown([...others, cookie], request);
    findShown(others, request);
  } catch (error) {
    if (isAuthError(error) && error.code === "invalid_request") refuse(error);
  }
}

function isCookie({ place }: Credential): boolean {
  return place.startsWith("cookie ");
}

/** Tells whether a request shows a credential that can be read. */
function isShown(credential: Credential, request: CredentialRequest): boolean {
  try {
    return findShown([credential], request) !== null;
  } catch {
    return false;
  }
}
