import { describeName } from "./schema.ts";

/** The forms of stored passwords. Repetitions are bounded, since claims may hold texts that users choose. */
const FORMS: readonly RegExp[] = [
  // A scheme's name and what follows it: PHC strings, passlib, Django, Werkzeug (`$argon2id$`, `pbkdf2_sha256$`).
  /(?:argon2|bcrypt|pbkdf2|scrypt)[\w:-]{0,32}\$[\w./+=,:$-]{8}/,
  // crypt(3): a short id, up to three parts, and at least 16 characters of hash (`$2b$`, `$6$`, `$y$`, `$apr1$`,
  // `$P$`).
  /(?:\$(?:\d{1,2}[abxy]?|g?y|[PHS]|apr1)\$|\$md5,|(?:md5|sha|SHA)-?\d{0,3}\$)(?:[\w./+=,-]{0,64}\$){0,3}[\w./]{16}/,
  // LDAP: a scheme in braces, and what it made (`{SSHA}`, `{CRYPT}`; RFC 2307 §5.3).
  /\{[\w.-]{0,16}(?:SHA|MD[45]|CRYPT|PBKDF2|ARGON2|sha|md[45]|crypt)[\w.-]{0,16}\}[\w./+=$]{13}/,
];

/** Every form has one of these, and little other JSON has. It saves the search of the three forms. */
const MARK = /\$|\{\w/;

/**
 * Refuses claims that hold a stored password, since anybody who holds a token can read it.
 *
 * @param json - the claims as they are to be signed
 * @throws TypeError that names the claim, and shows nothing of the hash
 */
export function refusePasswordHashes(json: string): void {
  if (!MARK.test(json) || !isPasswordHash(json)) return;
  const path = findHash(JSON.parse(json)); // The JSON of a text may look like a hash where the text does not.
  if (path === undefined) return;
  throw new TypeError(
    `issueToken: the claim ${path} holds a password hash, which whoever has the token could read; leave it out`,
  );
}

/** Finds the path of the first hash. A loop, as JSON can be nested deeper than calls can be. */
function findHash(claims: unknown): string | undefined {
  const pending: [path: string, value: unknown][] = [["", claims]];
  for (const [path, value] of pending) {
    if (typeof value === "string" && isPasswordHash(value)) return path;
    if (typeof value !== "object" || value === null) continue;
    for (const [name, part] of Object.entries(value)) {
      // A name may be the hash itself.
      if (isPasswordHash(name)) return `${path}${path && "."}(a name)`;
      pending.push([`${path}${path && "."}${describeName(name)}`, part]);
    }
  }
  return undefined;
}

function isPasswordHash(text: string): boolean {
  return FORMS.some((form) => form.test(text));
}
