import type { AuthError, AuthErrorCode, AuthErrorDetails } from "../core/errors.ts";
import type { Identity } from "./identity.ts";

/** What a {@link Rule} is given beside the identity. */
export interface RuleContext<Request = unknown> {
  /** The framework's request; `undefined` where no adapter asks. */
  readonly request: Request;
  /** Tells the time by the guard's clock, in milliseconds since 1970. */
  now(): number;
  /** How far the clocks of issuer and guard may be apart, in seconds. */
  readonly clockTolerance: number;
  /** Makes a refusal whose challenge names the guard's realm. Throw it. */
  refuse(code: AuthErrorCode, details?: AuthErrorDetails): AuthError;
}

/** A condition that an identity must fit. `scopes`, `where`, `fresh` and others make one; applications write others. */
export interface Rule<Request = unknown> {
  /**
   * Checks an identity. To let it pass, return nothing or a promise of nothing.
   *
   * @throws AuthError to refuse. Anything else that is thrown is an outage (503), and so is any other answer.
   */
  check(identity: Identity, context: RuleContext<Request>): void | Promise<void>;
}
