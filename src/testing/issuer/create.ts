import type { Algorithm } from "../../core/keys/algorithms.ts";
import { readClock } from "../../core/time.ts";
import { assert } from "../../shared/assert.ts";
import { systemClock } from "../../shared/clock.ts";
import { isRecord } from "../../shared/object.ts";
import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import { isFilled } from "../../shared/text.ts";
import { copyHeaders } from "./behaviour.ts";
import { createBehaviours } from "./behaviours.ts";
import { locateDocuments, writeDocument } from "./documents.ts";
import { createHandler, type Site } from "./handler.ts";
import type { FakeIssuer, FakeRequest } from "./issuer.ts";
import { createKeySet } from "./key-set.ts";
import { startServer } from "./server.ts";
import { mintFakeToken } from "./token.ts";

/** The options of {@link createFakeIssuer}. */
export interface FakeIssuerOptions {
  /** The path of its identifier: `"/realms/shop"`, or `"/"` for one that ends in a slash. `""` by default. */
  readonly path?: string;
  /** The algorithm of its first key. `"ES256"` by default. */
  readonly algorithm?: Algorithm;
  /** The `aud` of its tokens. None by default. */
  readonly audience?: string | readonly string[];
  /** Headers of its answers, such as Cache-Control. None by default. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Members to add to its metadata, or to replace. None by default. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The clock: milliseconds since 1970. `Date.now` by default. */
  readonly now?: () => number;
}

const OPTIONS: OptionNames<FakeIssuerOptions> = {
  path: "optional",
  algorithm: "optional",
  audience: "optional",
  headers: "optional",
  metadata: "optional",
  now: "optional",
};

/** An issuer that no test has. */
const WRONG_ISSUER = "https://wrong-issuer.example";
const PATH = /^(?:\/|(?:\/[\w.~-]+)+\/?)?$/;

/**
 * Starts an issuer of tokens for tests: a real HTTP server that publishes metadata (OpenID Connect Discovery 1.0, RFC
 * 8414) and a JWK Set (RFC 7517 §5), signs tokens, rotates its keys, and fails in whatever way a test asks for. It
 * listens on 127.0.0.1 alone, on a free port. It gives nobody a token over HTTP: only code can mint one.
 *
 * @throws TypeError when an option is wrong
 *
 * @example
 * ```ts
 * const issuer = await createFakeIssuer({ audience: "https://api.example.com" });
 * const token = await issuer.mint({ sub: "user-1", scope: "orders:read" });
 * await issuer.behave("hanging");
 * await issuer.close();
 * ```
 */
export async function createFakeIssuer(options: FakeIssuerOptions = {}): Promise<FakeIssuer> {
  checkOptions("createFakeIssuer", options, OPTIONS);
  const { path = "", algorithm = "ES256", audience, metadata = {}, now = systemClock } = options;
  const isPath = typeof path === "string" && PATH.test(path);
  assert(isPath, 'createFakeIssuer: path must be like "/realms/shop", or "/"');
  const isAudience = audience === undefined || [audience].flat().every(isFilled);
  assert(isAudience, "createFakeIssuer: audience must be a non-empty string, or a list of them");
  assert(isRecord(metadata), "createFakeIssuer: metadata must be a plain object");
  checkFunction("createFakeIssuer: now", now, "Date.now");
  const headers = copyHeaders("createFakeIssuer", options.headers ?? {});

  const paths = locateDocuments(path);
  const keys = await createKeySet(algorithm);
  const [server, other] = await Promise.all([startServer(), startServer()]);
  const issuer = `${server.origin}${path}`;
  const jwksUri = `${server.origin}${paths.jwks}`;
  const requests: FakeRequest[] = [];
  const behaviours = createBehaviours(server);
  const site: Site = {
    origin: server.origin,
    otherOrigin: other.origin,
    ...{ paths, headers, now, findBehaviour: behaviours.find },
    write(document, isWrong) {
      const { jwks, algorithms } = keys;
      const name = isWrong ? WRONG_ISSUER : issuer;
      return writeDocument(document, { issuer: name, base: issuer, jwksUri, keys: jwks, algorithms, metadata });
    },
    note: (request) => requests.push(request),
  };
  for (const it of [server, other]) it.serve(createHandler(site, it.origin));
  const close = async (): Promise<void> => {
    await Promise.all([behaviours.end(), other.refuse()]);
  };

  return {
    issuer,
    jwksUri,
    requests,
    mint: async (claims, tokenOptions = {}) =>
      mintFakeToken(claims, tokenOptions, { issuer, audience, keys: keys.signers, time: readClock(now) }),
    jwks: () => ({ keys: keys.jwks }),
    rotate: async () => (await keys.rotate()).kid,
    addKey: async (key, keyOptions = {}) => (await keys.add(key, keyOptions)).kid,
    removeKey: keys.remove,
    behave: behaviours.set,
    count: (asked) => requests.filter((request) => asked === undefined || isFor(request, asked)).length,
    forgetRequests() {
      requests.length = 0;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function isFor({ document, url }: FakeRequest, asked: string): boolean {
  return asked === document || asked === new URL(url).pathname;
}
