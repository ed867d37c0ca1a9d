import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { AuthError, createRequestError } from "../core/errors.ts";
import type { Credential } from "../guard/credential.ts";
import { assert } from "../shared/assert.ts";
import { MAX_TEXT_LENGTH, MIN_CLIENT_SECRET_LENGTH } from "../shared/limits.ts";
import { isObject } from "../shared/object.ts";
import { readSafely } from "../shared/read.ts";
import { isText } from "../shared/text.ts";

/** What is known about a client that showed its secret. */
export interface ClientClaims {
  /** The client's id. */
  readonly client_id: string;
}

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
const BASIC_SCHEME = /^basic(?:$| )/i;

/**
 * Makes the credential of services that show an id and a secret by HTTP Basic (RFC 6749 §2.3.1), for the clients of
 * `introspect` and `revoke`. `identity.userId` is the client's id.
 *
 * Secrets are compared in constant time, as SHA-256. Each has at least 32 characters, so that nobody can guess it: make
 * one with `npx hallpass secret`.
 *
 * @param clients - the secret of each client by its id; a list where it has several, as during a rotation
 * @throws TypeError when there is no client, or a secret is too short
 *
 * @example
 * ```ts
 * const clients = createGuard({ credentials: [clientSecrets({ reports: process.env.REPORTS_SECRET ?? "" })] });
 * app.post("/introspect", introspect(auth, { clients }));
 * ```
 */
export function clientSecrets(clients: Readonly<Record<string, string | readonly string[]>>): Credential<ClientClaims> {
  const digests = digestSecrets(clients);
  const nobody = [randomBytes(32)];
  return Object.freeze({
    name: "client",
    place: "authorization",
    challenge: { scheme: "Basic" },
    read(request) {
      const header = request.authorization();
      return header !== null && BASIC_SCHEME.test(header) ? header : null;
    },
    verify(header) {
      const { id, secret, hint } = parseBasic(header);
      const given = digest(secret);
      // An unknown client costs a comparison, too, so that the time does not reveal which clients there are.
      const isRight = (digests.get(id) ?? nobody).map((it) => timingSafeEqual(it, given));
      if (!isRight.includes(true))
        throw new AuthError("invalid_credentials", { cause: new Error(`a wrong secret${hint}`) });
      return { userId: id, claims: Object.freeze({ client_id: id }) };
    },
  } satisfies Credential<ClientClaims>);
}

function digestSecrets(clients: unknown): ReadonlyMap<string, readonly Buffer[]> {
  const message = 'clientSecrets takes the secrets of clients by their ids, such as { reports: "…" }';
  const given = readSafely("clientSecrets", () => (isObject(clients) ? Object.entries(clients) : []));
  assert(given.length > 0, message);
  const digests = new Map<string, readonly Buffer[]>();
  for (const [id, secrets] of given) {
    assert(isText(id), message);
    const list: unknown[] = readSafely("clientSecrets", () => [secrets].flat());
    const fit = list.length > 0 && list.every((it) => isText(it) && it.length >= MIN_CLIENT_SECRET_LENGTH);
    assert(fit, `clientSecrets: ${id} must have a secret of ${MIN_CLIENT_SECRET_LENGTH} characters or more, or a list`);
    digests.set(id, (list as string[]).map(digest));
  }
  return digests;
}

/** The contents of a header of HTTP Basic. */
interface BasicCredentials {
  readonly id: string;
  readonly secret: string;
  /** What may be wrong with it, for the developer. */
  readonly hint: string;
}

const NOT_ENCODED =
  ": the client may not have encoded them as in a form (RFC 6749 §2.3.1), as curl -u does not: + is %2B there, and % is %25";

/**
 * Reads an id and a secret, which were encoded as in a form (RFC 6749 §2.3.1). Many clients of HTTP Basic don't encode
 * them, which makes a difference where there is a `+` or a `%`.
 *
 * @throws AuthError `invalid_request` (400) for anything else
 */
function parseBasic(header: string): BasicCredentials {
  const encoded = header.length <= 8 * MAX_TEXT_LENGTH ? BASIC.exec(header)?.[1] : undefined;
  const text = Buffer.from(encoded ?? "", "base64").toString();
  const [, id = "", secret = ""] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  const hint = /[+%]/.test(text) ? NOT_ENCODED : "";
  try {
    if (id !== "") return { id: decodeFromForm(id), secret: decodeFromForm(secret), hint };
  } catch {
    // Malformed escapes are refused like a missing id.
  }
  throw createRequestError(`the Basic header has no id and secret${hint}`);
}

function decodeFromForm(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
