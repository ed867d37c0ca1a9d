import type { Identity } from "./identity.ts";
import type { CredentialRequest } from "./request.ts";

/**
 * What a credential says of whoever shows it. What is left out is nothing: no scope, no session, no time of proof.
 */
export interface ShownIdentity<Claims = unknown>
  extends Pick<Identity<Claims>, "userId" | "claims">,
    Partial<Pick<Identity, "scopes" | "sid" | "authenticatedAt" | "methods" | "acr">> {
  /**
   * By what it may have been revoked: its own id, or `null`, and when it was issued. The guard then asks the blocklist
   * about these, the user and the session. Left out, the blocklist is not asked.
   */
  readonly revocation?: {
    /** Its own id; `null` where it has none. */
    readonly jti: string | null;
    /** When it was issued. */
    readonly issuedAt: Date;
  };
}

/**
 * One way to show who is asking. `bearer` and `cookieToken` make one; applications write others.
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
  /** What `identity.credential` says. */
  readonly name: string;
  /** Where it looks, such as `"authorization"`. Two credentials that look in one place take turns. */
  readonly place: string;
  /**
   * Whether it takes whatever comes in its place, so that another credential which looks there too, and knows its own,
   * goes first. `false` by default.
   */
  readonly takesAll?: boolean;
  /**
   * Reads what was shown; `null` where the request shows nothing of this kind.
   *
   * @throws AuthError `invalid_request` (400) where it is malformed
   */
  read(request: CredentialRequest): string | null;
  /**
   * Verifies what was shown. Answer without a promise what needs none, such as what you remember: to wait for a promise
   * takes longer than to look that up.
   *
   * @throws AuthError `invalid_token` (401), or another refusal. Anything else that is thrown is an outage (503), and
   * so is an answer that comes too late or is no identity.
   */
  verify(shown: string, request: CredentialRequest): ShownIdentity<Claims> | Promise<ShownIdentity<Claims>>;
  /** Its part of the challenge. By default it has none, and the guard's is of the Bearer scheme. */
  readonly challenge?: {
    /** An HTTP token, such as `"DPoP"`. */
    readonly scheme: string;
    /** Parameters beside the realm. */
    readonly parameters?: Readonly<Record<string, string>>;
  };
}
