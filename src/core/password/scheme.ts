/** How the stored hashes of common schemes begin. */
const PREFIXES: readonly (readonly [prefix: RegExp, scheme: string])[] = [
  [/^\$(argon2(?:id|i|d))\$/, "$1"],
  [/^(?:\{bcrypt\})?(\$2[abxy]?\$)/i, "bcrypt $1"],
  [/^\$bcrypt-sha256\$|^bcrypt(?:_sha256)?\$/, "bcrypt of a framework"],
  [/^argon2\$argon2/, "argon2 of Django"],
  [/^\$scrypt\$|^scrypt[$:]|^\$7\$/, "scrypt"],
  [/^\$pbkdf2|^pbkdf2[_:$]|^\{PBKDF2/, "pbkdf2"],
  [/^\$(?:y|gy)\$/, "yescrypt"],
  [/^\$6\$/, "sha512-crypt"],
  [/^\$5\$/, "sha256-crypt"],
  [/^\$(?:1|apr1)\$/, "md5-crypt"],
  [/^\$[PH]\$/, "phpass"],
  [/^\$S\$/, "Drupal 7"],
  [/^\{S?(?:SHA|MD5|SHA256|SHA512)\}/i, "LDAP"],
  [/^(?:sha1|md5)\$/, "Django"],
];

/** Identifies the scheme of a stored hash by its beginning. The answer shows nothing else of the hash. */
export function identifyScheme(hash: string): string {
  for (const [prefix, scheme] of PREFIXES) {
    const found = prefix.exec(hash);
    if (found !== null) return scheme.replace("$1", () => found[1] as string);
  }
  return "unknown";
}
