import type { Credential } from "./credential.ts";
import type { GuardAnswer } from "./guard.ts";
import type { Identity } from "./identity.ts";

/** The two ways in which a guard answers: where the request shows no credential, they differ. */
export interface Answers {
  readonly authenticate: GuardAnswer<Promise<Identity>>;
  readonly authenticateOptional: GuardAnswer<Promise<Identity | null>>;
}

/**
 * Throws a refusal of a guard: it tells of an outage, and names the realm in any other challenge, that of the
 * credential which was shown first.
 */
export type Refuse = (error: unknown, shown?: Credential) => never;
