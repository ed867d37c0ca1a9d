/**
 * Token introspection (RFC 7662): a guard's credential for tokens that another service's introspection endpoint knows,
 * and the credential of the services that call our endpoint. The handlers `introspect` and `revoke` are in the
 * adapters.
 *
 * @module
 */
export type { IntrospectedClaims } from "./introspection/answer.ts";
export { type ClientClaims, clientSecrets } from "./introspection/client-secrets.ts";
export { type IntrospectedCredential, type IntrospectionStats, introspected } from "./introspection/credential.ts";
export type { IntrospectedOptions, IntrospectionClient } from "./introspection/options.ts";
