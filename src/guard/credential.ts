import type { Identity } from "./identity.ts";
import type { CredentialRequest } from "./request.ts";

/**
 * What a credential says about whoever shows it. A member that is left out means none: no scopes, no session, no time
 * of authentication. Without `issuedAt`, the identity has that of `revocation`.
 */
export interface ShownIdentity<Claims = unknown>
  extends Pick<Identity<Claims>, "userId" | "claims">,
    Partial<Pick<Identity, "scopes" | "sid" | "authenticatedAt" | "methods" | "acr" | "issuedAt">> {
  /**
   * What the guard asks the blocklist about, beside the user and the session. If it is left out, the blocklist is not
   * asked.
   */
  readonly revocation?: {
    /** Its own id; `null` where it has none. */
    readonly jti: string | null;
    /** When it was issued. */
    readonly issuedAt: Date;
  };
}

/**
 * Defers a step of a credential until its answer is found to be an identity, and the blocklist has answered. Defer what
 * can't be undone, such as taking a ticket out of a store: a request that is refused with 503 before can then be sent
 * again. What the step throws is the answer. It has the time that is left of the request.
 */
export type Defer = (step: () => void | Promise<void>) => void;

/**
 * One way for a request to show who is asking. `bearer` and `cookieToken` make one; applications write others.
 *
 * @example
 * ```ts
 * const clientCertificate: Credential<{ subject: string }> = {
 *   name: "certificate",
 *   place: "x-client-subject",
 *   read: (request) => request.header("x-client-subject"), // A proxy of our own sets it, and takes it from clients.
 *   verify: (subject) => ({ userId: subject, claims: { subject } }),
 * };
 * ```
 */
export interface Credential<Claims = unknown> {
  /** The name that `identity.credential` has. */
  readonly name: string;
  /**
   * The place where it looks, such as `"authorization"`. If two credentials find something in the same place, one of
   * them is taken: see `takesAll`.
   */
  readonly place: string;
  /**
   * Whether it takes anything that it finds in its place. Another credential with the same place, which recognizes its
   * own, then goes first. `false` by default.
   */
  readonly takesAll?: boolean;
  /**
   * Reads what was shown; `null` where the request shows nothing of this kind.
   *
   * @throws AuthError `invalid_request` (400) where it is malformed
   */
  read(request: CredentialRequest): string | null;
  /**
   * Verifies what was shown. Return a promise only if there is something to wait for: awaiting one takes longer than a
   * lookup in a cache.
   *
   * @param defer - defers a step until everything else is done: see {@link Defer}. A guard gives it. If there is none,
   * do the step at once.
   * @throws AuthError `invalid_token` (401), or another refusal. Anything else that is thrown is an outage (503), and
   * so is an answer that comes too late or is no identity.
   */
  verify(
    shown: string,
    request: CredentialRequest,
    defer?: Defer,
  ): ShownIdentity<Claims> | Promise<ShownIdentity<Claims>>;
  /** Its own scheme in the challenge. None by default: the challenge then has the Bearer scheme. */
  readonly challenge?: {
    /** An HTTP token, such as `"DPoP"`. */
    readonly scheme: string;
    /** Parameters beside the realm. */
    readonly parameters?: Readonly<Record<string, string>>;
  };
}
