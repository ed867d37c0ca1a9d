import type { Credential } from "./credential.ts";
import type { GuardAnswer } from "./guard.ts";
import type { Identity } from "./identity.ts";

/** The two methods that authenticate a request. They differ where the request shows no credential. */
export interface Answers {
  readonly authenticate: GuardAnswer<Promise<Identity>>;
  readonly authenticateOptional: GuardAnswer<Promise<Identity | null>>;
}

/**
 * Throws a guard's refusal. It reports an outage. Any other refusal gets the guard's challenge, in which the scheme of
 * the shown credential comes first.
 */
export type Refuse = (error: unknown, shown?: Credential) => never;
