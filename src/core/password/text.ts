import { isText } from "../../shared/text.ts";

/**
 * Normalises a password to Unicode's NFC, so that an "é" is the same on every machine (RFC 8265 §4.2, NIST SP 800-63B-4
 * §3.1.1.2). `null` for a value that can't be a password, by the same rule as for a login ({@link isText}).
 *
 * The length is checked first, since normalising a long run of combining marks takes seconds.
 */
export function normalisePassword(password: unknown): string | null {
  return isText(password) ? password.normalize("NFC") : null;
}
