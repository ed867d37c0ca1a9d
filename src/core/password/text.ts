import { isText } from "../../shared/text.ts";

/**
 * The one form of a password that is hashed: Unicode's NFC, so that an "é" typed on another machine is the same
 * (RFC 8265 §4.2, NIST SP 800-63B-4 §3.1.1.2). `null` for what is no password, by the rule that a login's text has too.
 *
 * The length is looked at before normalising, which takes seconds for long runs of combining marks.
 */
export function normalised(password: unknown): string | null {
  return isText(password) ? password.normalize("NFC") : null;
}
