/** What clients often send in place of a token, and how it looks. */
const MISTAKES: readonly (readonly [form: RegExp, mistake: string])[] = [
  [/^\s*bearer\s/i, 'it begins with "Bearer ", which parseBearer takes off'],
  [/^\s|\s$/, "there is white space around it: trim it"],
  [/^["'].*["']$/s, "it stands in quotes"],
  [/^(?:undefined|null)$/, "the client put a variable without a value into text"],
  [/^[^.]+(?:\.[^.]*){4}$/, "five segments are a JWE (RFC 7516): have the issuer sign, and not encrypt"],
  [/^[^.]+\.[^.]+\.$/, "its signature is missing"],
  [/^[^.]*$/, "it is one segment alone, as opaque tokens are"],
];

/** Describes a known mistake, without quoting the text, which may hold a token. Empty where no known mistake fits. */
export function describeMistake(text: string): string {
  const [, mistake] = MISTAKES.find(([form]) => form.test(text)) ?? [];
  return mistake === undefined ? "" : `; ${mistake}`;
}
