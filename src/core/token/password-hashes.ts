import { describeName } from "./schema.ts";

/** The forms of stored passwords. Repetitions are bounded, since claims may hold texts that users choose. */
const FORMS: readonly RegExp[] = [
  // A scheme's name and what follows it: PHC strings, passlib, Django, Werkzeug (`$argon2id$`, `pbkdf2_sha256$`), and
  // bcrypt.
  /(?:(?:argon2|bcrypt|pbkdf2|scrypt)[\w:-]{0,32}|\$2[abxy]\$\d\d)\$[\w./+=,:$-]{8}/i,
  // crypt(3), at the beginning of a text: a scheme's id, up to three parts, and a hash (`$6$`, `$y$`, `$apr1$`, `md5$`,
  // `SCRAM-SHA-256$`).
  /(?:^|")(?:\$(?:\d[abxy]?|g?y|s0|ml|sm3|apr1|shiro1)|\$?(?:SCRAM-SHA|md5|sha)-?\d{0,3}(?:,[\w=]+)?)\$(?:[\w./+=,:-]{0,64}\$){1,3}[\w./+]{22}/i,
  // phpass and Drupal (`$P$`), and MySQL 8, whose salts are of any bytes (`$A$005$`).
  /(?:^|")\$(?:[PHS]\$[\w./]{31}|A\$\d{3}\$)/,
  // LDAP, Dovecot and Spring: a scheme in braces, and what it made, or the password itself (`{SSHA}`, `{CRYPT}`,
  // `{pbkdf2@SpringSecurity_v5_8}`; RFC 2307 §5.3). A path or file name that begins with a variable in braces goes on
  // with a word, and is let pass.
  /(?:^|")\{(?:noop\}\w|(?:[\w-]{0,24}-)?(?:s?sha\d*|s?md[45]|[bs]?crypt|pbkdf2|argon2\w{0,2}|plain|clear(?:text)?)(?:[@-][\w-]{1,24})?\}(?![./][a-z]{3})[a-z\d./+=$,]{13})/i,
];

/** Every form contains one of these, and little other JSON does. So most claims need no search for the forms. */
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

/** Finds the path of the first hash. It loops, since JSON can be nested deeper than the stack of calls. */
function findHash(claims: unknown): string | undefined {
  const pending: [path: string, value: unknown][] = [["", claims]];
  for (const [path, value] of pending) {
    if (typeof value === "string" && isPasswordHash(value)) return path;
    if (typeof value !== "object" || value === null) continue;
    const before = path && `${path}.`;
    for (const [name, part] of Object.entries(value)) {
      // A name may be the hash itself.
      if (isPasswordHash(name)) return `${before}(a name)`;
      pending.push([before + describeName(name), part]);
    }
  }
  return undefined;
}

function isPasswordHash(text: string): boolean {
  return FORMS.some((form) => form.test(text));
}
