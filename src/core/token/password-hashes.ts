import { nameIn } from "./schema.ts";

/**
 * Stored passwords by how they begin: PHC strings and the like (`$argon2id$`, `$scrypt$`, `pbkdf2_sha256$`,
 * `scrypt:32768:8:1$`), bcrypt (`$2b$`), and crypt(3) (`$1$`, `$5$`, `$6$`, `$7$`, `$y$`, `$gy$`, `$sha1$`), of which a
 * few characters must follow. Bounded, since names that users choose may be among the claims.
 */
const PASSWORD_HASH = /(?:argon2|bcrypt|pbkdf2|scrypt)[\w:-]{0,32}\$|\$(?:2[abxy]?|[1567y]|gy|sha1)\$[\w./=,$-]{8}/;

/**
 * Refuses claims, in the JSON that is to be signed, which hold a password's hash: anybody who holds a token can read it.
 *
 * @throws TypeError that tells where it is, and not what
 */
export function refusePasswordHashes(json: string): void {
  if (!json.includes("$") || !PASSWORD_HASH.test(json)) return;
  const path = pathOfHash(JSON.parse(json)); // an escape in the JSON may have looked like the beginning of one
  if (path === undefined) return;
  throw new TypeError(
    `issueToken: the claim ${path} holds a password hash, which whoever has the token could read; leave it out`,
  );
}

/** Where the first hash is. In a loop, since JSON may be nested deeper than calls can be. */
function pathOfHash(claims: unknown): string | undefined {
  const pending: [path: string, value: unknown][] = [["", claims]];
  for (const [path, value] of pending) {
    if (typeof value === "string" && PASSWORD_HASH.test(value)) return path;
    if (typeof value !== "object" || value === null) continue;
    for (const [name, part] of Object.entries(value)) {
      // A name may be the hash itself.
      if (PASSWORD_HASH.test(name)) return `${path}${path && "."}(a name)`;
      pending.push([`${path}${path && "."}${nameIn(name)}`, part]);
    }
  }
  return undefined;
}
