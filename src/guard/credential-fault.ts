import type { AuthError } from "../core/errors.ts";
import { createOutage } from "../store-calls/call.ts";
import type { Credential } from "./credential.ts";

/** Creates the outage of a credential that answered with something else than it must. */
export function createFault({ name }: Credential, problem: string): AuthError {
  return createOutage(name, 0, new TypeError(`the credential "${name}": its ${problem}`));
}
