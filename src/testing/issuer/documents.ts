import type { JWK } from "../../core/keys/jwk.ts";
import type { FakeDocument } from "./behaviour.ts";

/** The paths of an issuer's documents. */
export type Paths = Readonly<Record<FakeDocument, string>>;

/** The path under which moved documents are. */
const MOVED = "/moved";

/**
 * Computes the paths of an issuer's documents. OpenID Connect Discovery (§4) appends the well-known path to the
 * issuer's, and RFC 8414 (§3.1) puts it in front. Both leave out a slash at the issuer's end.
 *
 * @param path - the path of the issuer's identifier: `""`, `"/"`, `"/realms/shop"`
 */
export function locateDocuments(path: string): Paths {
  const base = path.replace(/\/$/, "");
  return {
    openid: `${base}/.well-known/openid-configuration`,
    oauth: `/.well-known/oauth-authorization-server${base}`,
    jwks: `${base}/.well-known/jwks.json`,
  };
}

/** Gives the path to which a document was moved. */
export function movePath(path: string): string {
  return `${MOVED}${path}`;
}

/** Tells whether a path is one to which a document was moved. */
export function isMoved(path: string): boolean {
  return path.startsWith(`${MOVED}/`);
}

/** Finds the document at a path: its own path, or the one to which it was moved. */
export function findDocument(paths: Paths, path: string): FakeDocument | null {
  const original = isMoved(path) ? path.slice(MOVED.length) : path;
  const found = Object.entries(paths).find(([, it]) => it === original);
  return found === undefined ? null : (found[0] as FakeDocument);
}

/** The contents of an issuer's documents. */
export interface Contents {
  /** The issuer that they name. */
  readonly issuer: string;
  /** The URL of the issuer itself. */
  readonly base: string;
  readonly jwksUri: string;
  readonly keys: readonly JWK[];
  readonly algorithms: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Writes a document, with the members that RFC 8414 §2 and OpenID Connect Discovery §3 require. */
export function writeDocument(document: FakeDocument, contents: Contents): string {
  const { issuer, base, jwksUri, keys, algorithms, metadata } = contents;
  if (document === "jwks") return JSON.stringify({ keys });
  const root = base.replace(/\/$/, "");
  return JSON.stringify({
    issuer,
    authorization_endpoint: `${root}/authorize`,
    token_endpoint: `${root}/token`,
    jwks_uri: jwksUri,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: algorithms,
    ...metadata,
  });
}
