import type { JWK } from "../../core/keys/jwk.ts";
import type { FakeDocument } from "./behaviour.ts";

/** Where the documents of an issuer are, by path. */
export type Paths = Readonly<Record<FakeDocument, string>>;

/** Where a document is that was moved. */
const MOVED = "/moved";

/**
 * Finds where an issuer's documents are. OpenID Connect Discovery (§4) appends the well-known path to the issuer's, and
 * RFC 8414 (§3.1) puts it in front. Both leave out a slash at the issuer's end.
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

/** Whether a document is asked for where it was moved to. */
export function isMoved(path: string): boolean {
  return path.startsWith(`${MOVED}/`);
}

/** Finds the document that a path asks for, at its place or where it was moved to. */
export function findDocument(paths: Paths, path: string): FakeDocument | null {
  const own = isMoved(path) ? path.slice(MOVED.length) : path;
  const found = Object.entries(paths).find(([, it]) => it === own);
  return found === undefined ? null : (found[0] as FakeDocument);
}

/** What is in the documents of an issuer. */
export interface Contents {
  /** What they call the issuer. */
  readonly issuer: string;
  /** Where the issuer is. */
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
