/**
 * Tokens that somebody else's introspection endpoint knows (RFC 7662), as a credential of a guard; and the credential
 * of services that ask ours. The handlers `introspect` and `revoke` are in the adapters.
 *
 * @module
 */
export type { IntrospectedClaims } from "./introspection/answer.ts";
export { type ClientClaims, clientSecrets } from "./introspection/client-secrets.ts";
export { type IntrospectedCredential, type IntrospectionStats, introspected } from "./introspection/credential.ts";
export type { IntrospectedOptions, IntrospectionClient } from "./introspection/options.ts";
