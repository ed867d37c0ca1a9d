/**
 * All that a service needs to verify or issue tokens: keys, tokens, bearer credentials and the guard. It loads no
 * native addon, so any bundler can bundle it. The classes and functions are the same as those of `hallpass`.
 *
 * @module
 */

export { AuthError, type AuthErrorCode, type AuthErrorDetails, isAuthError } from "./core/errors.ts";
export { parseBearer } from "./core/http/bearer.ts";
export { formatChallenge } from "./core/http/challenge.ts";
export type { CookieOptions } from "./core/http/cookie-options.ts";
export {
  type ProtectedResource,
  type ProtectedResourceOptions,
  protectedResource,
} from "./core/http/protected-resource.ts";
export type { Algorithm, HmacAlgorithm, PairAlgorithm } from "./core/keys/algorithms.ts";
export { type ExternalKeyOptions, externalKey } from "./core/keys/external.ts";
export { generateKey } from "./core/keys/generate.ts";
export { type ImportKeyOptions, importKey } from "./core/keys/import.ts";
export type { JWK } from "./core/keys/jwk.ts";
export {
  type ImportJwksOptions,
  importJwks,
  type JwkSet,
  type JwkSetOptions,
  type SkippedKey,
} from "./core/keys/jwks.ts";
export type { SigningKey, VerifyingKey } from "./core/keys/key.ts";
export { publicJwks } from "./core/keys/publish.ts";
export { retireKey } from "./core/keys/retire.ts";
export { type KeyRing, keyRing } from "./core/keys/ring.ts";
export { type SecretKeyOptions, secretKey } from "./core/keys/secret.ts";
export type { LiveKeys } from "./core/keys/source.ts";
export type { Duration } from "./core/time.ts";
export type { ClaimsInput, ClaimsOutput, OpenClaims, ProfileClaims, UndatedClaims } from "./core/token/claims.ts";
export { type DecodedToken, decodeToken } from "./core/token/decode.ts";
export { type IssueOptions, issueToken } from "./core/token/issue.ts";
export {
  type ClaimsOf,
  defineToken,
  type ForeignProfile,
  type IdentityMapping,
  type InputOf,
  type TokenOptions,
  type TokenProfile,
} from "./core/token/profile.ts";
export type { ClaimsSchema, PathSegment, SchemaIssue, SchemaResult } from "./core/token/schema.ts";
export type { StatusCheck } from "./core/token/status.ts";
export { verifyToken } from "./core/token/verify.ts";
export type {
  AccessRefusedEvent,
  ApiKeyEvent,
  ApiKeyRotatedEvent,
  AuthEvent,
  AuthEventListener,
  BaseEvent,
  KeyEvent,
  KeySkippedEvent,
  KeysEvent,
  KeysFailedEvent,
  KeysFetchedEvent,
  KeysStaleEvent,
  LoginRefusedEvent,
  LoginThrottledEvent,
  OneTimeTokenEvent,
  OneTimeTokenRefusedEvent,
  OutageEvent,
  PlainSessionEvent,
  PlainUserEvent,
  RefreshRefusedEvent,
  SessionEndedEvent,
  SessionEvent,
  SessionStartedEvent,
  TokenRefusedEvent,
  UserEvent,
} from "./events/event.ts";
export { anyOf, type ClaimsOfGuards } from "./guard/any-of.ts";
export { bearer, type ResolverOptions } from "./guard/bearer.ts";
export { cookieToken } from "./guard/cookie-token.ts";
export { type ClaimsOfCredentials, createGuard } from "./guard/create.ts";
export type { Credential, Defer, ShownIdentity } from "./guard/credential.ts";
export { type FreshOptions, fresh } from "./guard/fresh.ts";
export type { Guard, GuardStats, TokenGuard } from "./guard/guard.ts";
export type { Identity } from "./guard/identity.ts";
export type { CommonGuardOptions, CredentialGuardOptions, GuardOptions } from "./guard/options.ts";
export type { AuthorizationHeader, AuthRequest, CredentialRequest, RequestHeaders } from "./guard/request.ts";
export type { Rule, RuleContext } from "./guard/rule.ts";
export { allOf, anyRule, anyScope, scopes, where } from "./guard/rules.ts";
export type { ProfileResolver } from "./guard/tenants.ts";
export type { Fetch, FetchAnswer, FetchInit } from "./remote/document.ts";
export type { LiveKeysStats, LoadedKeys } from "./remote/fresh-keys.ts";
export type { FreshStats } from "./remote/fresh-value.ts";
export type { LoadOptions, RemoteKeysOptions } from "./remote/keys-options.ts";
export { type JwksFunction, remoteKeys } from "./remote/remote-keys.ts";
export { type RotatingKeysOptions, rotatingKeys } from "./remote/rotating-keys.ts";
export { type TrustedIssuer, type TrustOptions, trustIssuer } from "./remote/trust-issuer.ts";
export type { OutageContext, OutageListener, OutageOperation } from "./store-calls/outage.ts";
export type { CallStats } from "./store-calls/stats.ts";
export type { Blocklist, Revocation, RevocationFeed, RevocationPage, TokenReference } from "./stores/contract.ts";
