/**
 * Framework-agnostic token auth primitives for Node: keys, tokens, bearer credentials, passwords, and the login flow
 * that is built on them.
 *
 * @module
 */
export type {
  Authenticator,
  AuthenticatorStats,
  RevokingAuthenticator,
  SessionAuthenticator,
} from "./authenticator/authenticator.ts";
export { createAuthenticator } from "./authenticator/create.ts";
export type { AuthenticatorOptions, ClaimsMaker, LoginClaims } from "./authenticator/options.ts";
export type { CookieSettings } from "./core/http/cookie-options.ts";
export { comparePassword, hashPassword, needsRehash } from "./core/password/default.ts";
export type { PasswordEngine } from "./core/password/engine.ts";
export type { GateStats, WorkOptions } from "./core/password/gate.ts";
export { createPasswordHasher, type PasswordChecker, type PasswordHasher } from "./core/password/hasher.ts";
export { bcryptHashes, type LegacyScheme } from "./core/password/legacy.ts";
export type { PasswordOptions } from "./core/password/options.ts";
export type { Cost } from "./core/password/phc.ts";
export type { FlowClaims } from "./core/token/claims.ts";
export type { DpopProof, ProofVerifier } from "./guard/proof-verifier.ts";
export type { ChangePasswordOptions } from "./login/change-password.ts";
export type { LoginOrigin } from "./login/origin.ts";
export type { Limiter, ThrottleOptions } from "./login/throttle-options.ts";
export type { PasswordProof } from "./login/verify-password.ts";
export type { SessionDevice } from "./sessions/device.ts";
export type { RefreshTokenInfo } from "./sessions/inspect-refresh-token.ts";
export type { ListedSession } from "./sessions/list-sessions.ts";
export type { RefreshOptions, ReusedSession } from "./sessions/refresh-options.ts";
export type { RefreshProof } from "./sessions/refresh-proof.ts";
export type { GivenRefreshToken, LoginResult, SessionResult } from "./sessions/result.ts";
export type { AuthenticationOptions, SessionOptions, StartSessionOptions } from "./sessions/session-options.ts";
export type {
  Credentials,
  EndedSession,
  EndReason,
  RefreshStore,
  Session,
  StoredSession,
  User,
  UserStore,
} from "./stores/contract.ts";
export * from "./tokens.ts";
