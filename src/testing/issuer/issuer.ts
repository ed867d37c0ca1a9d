import type { Algorithm } from "../../core/keys/algorithms.ts";
import type { JWK } from "../../core/keys/jwk.ts";
import type { FakeAnswer, FakeBehaviour, FakeDocument } from "./behaviour.ts";
import type { FakeKeyOptions } from "./keys.ts";
import type { FakeTokenOptions } from "./token.ts";

/** A request that a {@link FakeIssuer} got. */
export interface FakeRequest {
  /** The document that it asks for, or `null`. */
  readonly document: FakeDocument | null;
  /** Its method. */
  readonly method: string;
  /** Its URL: origin, path and query. */
  readonly url: string;
  /** Its headers, in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** When it came, by the issuer's clock: milliseconds since 1970. */
  readonly at: number;
}

/** An issuer of tokens for tests: a server on the loopback interface. Made by {@link createFakeIssuer}. */
export interface FakeIssuer {
  /** The `iss` of its tokens and documents: `http://127.0.0.1`, its port, and its path. */
  readonly issuer: string;
  /** Where its JWK Set is (RFC 8414 §2). */
  readonly jwksUri: string;

  /**
   * Issues a token, signed with the current key unless the options say otherwise. `iss`, `aud`, `iat`, `exp` and `jti`
   * are written; a claim of the same name replaces any of them, and `undefined` leaves it out.
   *
   * @throws TypeError when an option is wrong, or no key fits
   *
   * @example
   * ```ts
   * const forged = await issuer.mint({ sub: "user-1" }, { header: { kid: "unknown" } });
   * const bare = await issuer.mint({ sub: "user-1", iat: undefined }, { typ: "JWT", expiresIn: "1h" });
   * ```
   */
  mint(claims: Readonly<Record<string, unknown>>, options?: FakeTokenOptions): Promise<string>;

  /** Returns the JWK Set that it publishes now. */
  jwks(): {
    /** The keys, in the order in which they were added. */
    keys: JWK[];
  };

  /**
   * Creates another key for the algorithm of the current one. That key signs from now on. The key before it stays in
   * the set.
   *
   * @returns the new key's `kid`
   */
  rotate(): Promise<string>;

  /**
   * Adds a key to the set. It signs only the tokens whose options name it.
   *
   * @param key - an algorithm, for which a key is made, a shared secret too; or a JWK, which is published as it is and
   * signs nothing
   * @returns its `kid`
   * @throws TypeError when it is neither, or an option is wrong
   *
   * @example
   * ```ts
   * await issuer.addKey("RS256", { bits: 1024 }); // too weak
   * await issuer.addKey("ES256", { kid: "key-1" }); // a name that another key has
   * await issuer.addKey("ES256", { members: { use: "enc" } });
   * await issuer.addKey("HS256"); // a secret that everybody can read
   * await issuer.addKey({ kty: "tomorrow", kid: "key-9" });
   * ```
   */
  addKey(key: Algorithm | JWK, options?: FakeKeyOptions): Promise<string>;

  /**
   * Removes the keys with a `kid` from the set. They no longer sign. If the current key is removed, the latest
   * remaining key becomes the current one.
   *
   * @throws TypeError when there is none
   */
  removeKey(kid: string): void;

  /**
   * Changes how requests are answered, from the next one on.
   *
   * @param behaviour - a name, or an answer; `"well"` is how it begins
   * @param document - the one document that it applies to. By default all of them.
   * @throws TypeError when there is no such behaviour or document, or `"refused"` is asked for one document
   *
   * @example
   * ```ts
   * await issuer.behave("hanging");
   * await issuer.behave({ status: 404 }, "openid");
   * await issuer.behave({ delayMs: 5_000, headers: { "cache-control": "max-age=60" } }, "jwks");
   * await issuer.behave("well");
   * ```
   */
  behave(behaviour: FakeBehaviour | FakeAnswer, document?: FakeDocument): Promise<void>;

  /** The requests that came, the oldest first. Those that followed a redirect are among them. */
  readonly requests: readonly FakeRequest[];

  /**
   * Counts the requests that came.
   *
   * @param document - counts only those for this document or path. By default all of them.
   */
  count(document?: FakeDocument | `/${string}`): number;

  /** Forgets the requests that came, so that counting begins at 0 again. */
  forgetRequests(): void;

  /** Ends every connection, and stops listening. */
  close(): Promise<void>;

  /** Closes the issuer at the end of a block with `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
