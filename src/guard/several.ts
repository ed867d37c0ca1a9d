import { isAuthError } from "../core/errors.ts";
import { keepOwn, readOwn } from "../shared/own-mark.ts";
import type { Answers, Refuse } from "./answers.ts";
import type { Credential } from "./credential.ts";
import type { Guard, GuardAnswer } from "./guard.ts";
import { type CredentialRequest, toCredentialRequest } from "./request.ts";
import { findShown } from "./shown.ts";

/** The credentials that a guard takes, and how it refuses. */
interface Taker {
  readonly credentials: readonly Credential[];
  readonly refuse: Refuse;
}

/** The mark of a guard's method `authenticate`, which holds its taker. */
const TAKER = /* @__PURE__ */ Symbol.for("hallpass.taker");

/** Keeps which credentials a guard takes, for {@link joinTakers}. */
export function keepTaker({ authenticate }: Pick<Answers, "authenticate">, taker: Taker): void {
  keepOwn(authenticate, TAKER, taker);
}

/**
 * Joins the credentials of several guards, of which the first refuses. Those of a guard that the application wrote are
 * unknown.
 */
export function joinTakers(guards: readonly Guard[]): Taker | undefined {
  const takers = guards.map(({ authenticate }) => readOwn(authenticate, TAKER) as Taker | undefined);
  const found = takers.filter((it) => it !== undefined);
  const [first] = found;
  return first && { credentials: found.flatMap(({ credentials }) => credentials), refuse: first.refuse };
}

/**
 * Refuses a request that shows two credentials to several guards, as one guard refuses it (RFC 6750 §2). Two cookies
 * are allowed, since a browser sends all its cookies to every route. A malformed cookie is left for its own guard to
 * refuse.
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
