/** What is given for a token by mistake, by how it looks. */
const MISTAKES: readonly (readonly [form: RegExp, mistake: string])[] = [
  [/^\s*bearer\s/i, 'it begins with "Bearer ", which parseBearer takes off'],
  [/^\s|\s$/, "there is white space around it: trim it"],
  [/^["'].*["']$/s, "it stands in quotes"],
  [/^(?:undefined|null)$/, "the client put a variable without a value into text"],
  [/^[^.]+(?:\.[^.]*){4}$/, "five segments are a JWE (RFC 7516): have the issuer sign, and not encrypt"],
  [/^[^.]+\.[^.]+\.$/, "its signature is missing"],
  [/^[^.]*$/, "it is one segment alone, as opaque tokens are"],
];

/** What looks wrong about a text that is no token, said without quoting any of it; nothing, where no mistake is known. */
export function mistakeIn(text: string): string {
  const [, mistake] = MISTAKES.find(([form]) => form.test(text)) ?? [];
  return mistake === undefined ? "" : `; ${mistake}`;
}
