import { assert } from "../../shared/assert.ts";
import { isRecord } from "../../shared/object.ts";
import { readSafely } from "../../shared/read.ts";

const OWNER = "formatChallenge";
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const QUOTABLE = /^[\x20-\x7E]*$/;

/**
 * Writes a `WWW-Authenticate` challenge, of the Bearer scheme unless another is named (RFC 6750 §3, RFC 9110 §11.6.1).
 *
 * Every value is sent as a quoted string, with `"` and `\` escaped. A value holding anything but printable ASCII is
 * refused, so that no text can break out into a header of its own.
 *
 * @param params - the parameters in the order they are to appear; `realm` first by custom
 * @param scheme - an HTTP token such as `"DPoP"`; `"Bearer"` by default
 * @returns for example `Bearer realm="api", error="invalid_token"`
 * @throws TypeError when a name is not an HTTP token or a value is not printable ASCII
 *
 * @example
 * ```ts
 * formatChallenge({ realm: "api", error: "insufficient_scope", scope: "orders:write" });
 * // → Bearer realm="api", error="insufficient_scope", scope="orders:write"
 * ```
 */
export function formatChallenge(params: Readonly<Record<string, string>>, scheme: string = "Bearer"): string {
  assert(TOKEN.test(scheme), `${OWNER}: a scheme must be an HTTP token`);
  assert(
    readSafely(OWNER, () => isRecord(params)),
    `${OWNER} takes a plain object`,
  );
  const parts = readSafely(OWNER, () => Object.entries(params)).map(([name, value]) => {
    assert(TOKEN.test(name), `${OWNER}: a parameter's name must be an HTTP token`);
    const isQuotable = typeof value === "string" && QUOTABLE.test(value);
    assert(isQuotable, `${OWNER}: ${name} must be a string of printable ASCII`);
    return `${name}="${value.replace(/["\\]/g, "\\$&")}"`;
  });
  return `${scheme} ${parts.join(", ")}`.trimEnd();
}
