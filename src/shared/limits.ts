/**
 * The bounds of what one request can make a process do. SECURITY.md lists them under "Work is bounded", and a test
 * compares the two. Each is a constant of its own, so that a bundle carries only those that it uses.
 *
 * @module
 */

/** Characters of a login, a password or an id. */
export const MAX_TEXT_LENGTH = 1_024;

/** Bytes of a login or an id that is stored, in UTF-8: Postgres has room for so many in an index. */
export const MAX_ID_BYTES = 2_048;

/** Bytes of a token, where its profile sets no other `maxBytes`. Buffers of this size are made ahead. */
export const DEFAULT_TOKEN_BYTES = 8_192;

/** The highest `maxBytes` of a profile, and the most characters that `decodeToken` reads. */
export const MAX_TOKEN_BYTES = 1_048_576;

/** Verified tokens that a profile remembers, where it sets no other `cacheSize`. */
export const DEFAULT_CACHE_SIZE = 2_000;

/** Bytes that a remembered token has on average, at the most. */
export const MAX_CACHED_TOKEN_BYTES = 1_024;

/** Distinct `scope` texts whose scopes are remembered. */
export const MAX_CACHED_SCOPES = 256;

/** Characters of a PEM, and bytes of a secret. */
export const MAX_KEY_LENGTH = 65_536;

/** Characters of a stored password hash. */
export const MAX_HASH_LENGTH = 512;

/** Passwords that are hashed at once, where a hasher sets no other `maxConcurrent`. */
export const DEFAULT_CONCURRENT_HASHES = 2;

/** Passwords that wait to be hashed, where a hasher sets no other `maxQueue`. */
export const DEFAULT_QUEUED_HASHES = 256;

/** Milliseconds that a call of a store may take, where no other `storeTimeoutMs` is set. */
export const DEFAULT_STORE_TIMEOUT_MS = 2_000;

/** Milliseconds that all the work for one request may take, where no other `requestTimeoutMs` is set. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 5_000;

/** Bytes of a request's body that hallpass reads itself, where no framework has parsed it. */
export const MAX_BODY_BYTES = 65_536;

/** Bytes of a document that is fetched, such as a JWK Set, after any decompression. */
export const MAX_DOCUMENT_BYTES = 65_536;

/** Redirects that a fetch follows, all on one origin. */
export const MAX_REDIRECTS = 3;

/** Milliseconds that a fetch may take, headers and body, where no other limit is set. */
export const DEFAULT_FETCH_TIMEOUT_MS = 2_000;

/** Milliseconds between two fetches of one document, at the least. The time doubles while they fail. */
export const MIN_FETCH_INTERVAL_MS = 30_000;

/** Milliseconds between two fetches of one document that fails, at the most. */
export const MAX_FETCH_INTERVAL_MS = 300_000;

/** Keys of a JWK Set that are read. */
export const MAX_SET_KEYS = 100;

/** Characters of an issuer that a resolver of tenants is asked about. */
export const MAX_ISSUER_LENGTH = 512;

/** Issuers whose profile is remembered, and as many that are known to be unknown. */
export const MAX_TENANTS = 1_000;

/** New issuers that a resolver of tenants is asked about at once, and as many known ones again. */
export const MAX_TENANT_CALLS = 64;

/**
 * Seconds that a token of another issuer may live, where the guard has a blocklist and the profile no `maxAge`. A
 * log-out everywhere is remembered for as long.
 */
export const MAX_FOREIGN_LIFETIME_S = 172_800;

/** Calls of an introspection endpoint at once, where no other `maxConcurrent` is set. */
export const DEFAULT_CONCURRENT_INTROSPECTIONS = 50;

/** Good answers of an introspection endpoint that are remembered, and as many that say that a token is not good. */
export const MAX_REMEMBERED_ANSWERS = 10_000;

/** Characters of all remembered answers of an introspection endpoint together. */
export const MAX_REMEMBERED_ANSWER_LENGTH = 10_000_000;

/** Milliseconds for which it is remembered that a token is not good, at the most. */
export const MAX_REFUSAL_MS = 5_000;

/** Calls in a row that fail before an introspection endpoint is left alone for a while. */
export const FAILURES_TO_PAUSE = 5;

/** Milliseconds between two calls of an introspection endpoint that fails, at first. The time doubles. */
export const MIN_PAUSE_MS = 1_000;

/** Milliseconds between two calls of an introspection endpoint that fails, at the most. */
export const MAX_PAUSE_MS = 30_000;

/** Characters of a client's secret, at the least. */
export const MIN_CLIENT_SECRET_LENGTH = 32;

/** Characters of a client's address. */
export const MAX_ADDRESS_LENGTH = 256;

/** Sessions of a user, where no other `maxSessions` is set. */
export const DEFAULT_MAX_SESSIONS = 100;

/** Characters of what a session remembers about its beginning. */
export const MAX_DETAILS_LENGTH = 4_096;

/** Methods by which a user proved who it is, of one session. */
export const MAX_METHODS = 8;

/** Characters of the name of a method. */
export const MAX_METHOD_LENGTH = 64;

/** Characters of the class of an authentication. */
export const MAX_ACR_LENGTH = 255;

/** Characters of a device's label. A longer one is cut. */
export const MAX_LABEL_LENGTH = 100;

/** Characters of a device's user agent. A longer one is cut. */
export const MAX_USER_AGENT_LENGTH = 500;

/** Characters of a device's address. A longer one is cut. */
export const MAX_DEVICE_ADDRESS_LENGTH = 64;

/** Unused successors of a refresh token. */
export const MAX_SUCCESSORS = 8;

/** Refresh tokens of one request that are looked at: a browser sends several cookies of one name, each for its path. */
export const MAX_REFRESH_TOKENS = 8;

/** Device tokens of one request that are looked at. */
export const MAX_DEVICE_TOKENS = 4;

/** Attempts at a refresh that races with others. */
export const MAX_REFRESH_ATTEMPTS = 8;

/** Sessions that a login revokes because they made room for it: one, unless `maxSessions` was lowered. */
export const MAX_REVOKED_SESSIONS = 10;

/** Characters of the JSON that is stored with a one-time token or code. */
export const MAX_DATA_LENGTH = 4_096;

/** Tries at the one-time codes of a user and purpose in an hour, where no other `tries` is set. */
export const DEFAULT_TRIES = 5;

/** API keys of a user, where no other `maxKeys` is set. As many again may be those that were rotated and still live. */
export const DEFAULT_MAX_KEYS = 100;

/** Verified API keys that are remembered. */
export const MAX_REMEMBERED_KEYS = 10_000;

/** Places of a status list, where a service sets no other `size`. */
export const DEFAULT_STATUS_LIST_SIZE = 1_048_576;

/**
 * The highest `size` of a status list: however many of its places are revoked, its token has no more than a megabyte.
 */
export const MAX_STATUS_LIST_SIZE = 4_194_304;

/** Places of status lists that a process takes from the store at a time. */
export const STATUS_PLACES_TAKEN = 32;

/** Status lists that a process keeps as they were last published. */
export const MAX_PUBLISHED_LISTS = 64;

/** Milliseconds between two times that a process writes one status list, at the least. */
export const MIN_PUBLISH_INTERVAL_MS = 1_000;

/** Status lists of others that one `statusLists` keeps. */
export const MAX_STATUS_LISTS = 64;

/** Bytes of a status list of others, after decompression. */
export const MAX_STATUS_LIST_BYTES = 1_048_576;

/** Characters of a DPoP proof. */
export const MAX_PROOF_LENGTH = 8_192;

/** Characters of a DPoP proof's `jti`, and of its `nonce`. */
export const MAX_PROOF_ID_LENGTH = 256;

/** Bits of an RSA key that a DPoP proof brings. */
export const MAX_PROOF_RSA_BITS = 4_096;

/** Keys of DPoP proofs that are remembered. */
export const MAX_PROOF_KEYS = 1_000;

/** Used DPoP proofs in a process's memory, where a store sets no other `maxProofs`. */
export const DEFAULT_MAX_PROOFS = 500_000;

/** Revocations that a feed reads at a time. */
export const FEED_PAGE_SIZE = 2_000;

/** Rows that a SQL store deletes in one statement. */
export const MAX_DELETED_ROWS = 5_000;

/** Characters of a value that an error's cause quotes. */
export const MAX_QUOTED_LENGTH = 128;

/** Values of a list that an error's cause quotes. */
export const MAX_QUOTED_VALUES = 3;
