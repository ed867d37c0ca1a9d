const LONGEST = 1_024;

/**
 * The one form of a password that is hashed: Unicode's NFC, so that an "é" typed on another machine is the same
 * (RFC 8265 §4.2, NIST SP 800-63B-4 §3.1.1.2). `null` for what is no password: ill-formed, empty, or over 1024
 * characters.
 *
 * The length is looked at before normalising, which takes seconds for long runs of combining marks.
 */
export function normalised(password: string): string | null {
  if (!password.isWellFormed() || password === "" || password.length > LONGEST) return null;
  return password.normalize("NFC");
}
