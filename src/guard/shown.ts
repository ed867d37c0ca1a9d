import { type AuthError, createRequestError } from "../core/errors.ts";
import { abandon } from "../shared/promise.ts";
import { toOutage } from "../store-calls/call.ts";
import type { Credential } from "./credential.ts";
import { createFault } from "./credential-fault.ts";
import type { CredentialRequest } from "./request.ts";

/** The text that a request shows, and the credential that read it. */
export interface Shown {
  readonly credential: Credential;
  readonly text: string;
}

/**
 * Finds the one credential that a request shows.
 *
 * @throws AuthError `invalid_request` (400) where it shows two that differ
 */
export function findShown(credentials: readonly Credential[], request: CredentialRequest): Shown | null {
  let found: Shown | null = null;
  for (const credential of credentials) {
    const text: unknown = readShown(credential, request);
    if (text === null) continue;
    if (typeof text !== "string") {
      abandon(text);
      throw createFault(credential, "read must answer with a string or null");
    }
    const next = { credential, text };
    if (found === null) found = next;
    else if (found.credential.place === credential.place) found = chooseOfPlace(found, next);
    else if (found.text !== text) throw createAmbiguity(found.credential, credential);
  }
  return found;
}

function readShown(credential: Credential, request: CredentialRequest): unknown {
  try {
    return credential.read(request);
  } catch (error) {
    throw toOutage(credential.name, error);
  }
}

/** Of two credentials in one place, the one that recognizes its own goes before the one that takes everything. */
function chooseOfPlace(found: Shown, next: Shown): Shown {
  return found.credential.takesAll && !next.credential.takesAll ? next : found;
}

function createAmbiguity(one: Credential, other: Credential): AuthError {
  return createRequestError(`a request shows one credential, and this one shows two: ${one.name} and ${other.name}`);
}
