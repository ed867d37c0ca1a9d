const DECRYPT = "it is encrypted; decrypt it with: openssl pkey -in key.pem -out plain.pem";
const BASE64 = /^[\w+/\s-]{40,}={0,2}\s*$/;

const REMEDIES: Readonly<Record<string, string>> = {
  CERTIFICATE: "take the public key out of it with: openssl x509 -in cert.pem -pubkey -noout",
  "ENCRYPTED PRIVATE KEY": DECRYPT,
  "OPENSSH PRIVATE KEY": 'turn a copy of it into PKCS#8 with: ssh-keygen -p -N "" -m pkcs8 -f copy',
};

/** Every OpenSSH key for Ed25519 contains this text. */
const SSH_ED25519 = /* @__PURE__ */ Buffer.from("ssh-ed25519");

/** Finds the remedy for a PEM whose label is not one that can be read. */
export function findRemedy(label: string, base64: string): string | undefined {
  if (label === "OPENSSH PRIVATE KEY" && Buffer.from(base64, "base64").includes(SSH_ED25519)) {
    return (
      "ssh-keygen can't turn an Ed25519 key into PKCS#8; " +
      "make a new one with: openssl genpkey -algorithm ed25519 -out key.pem"
    );
  }
  return Object.hasOwn(REMEDIES, label) ? REMEDIES[label] : undefined;
}

/** Describes a text that was passed as a PEM but is not one. */
export function describeText(text: string): string {
  const decoded = BASE64.test(text) ? Buffer.from(text, "base64") : Buffer.alloc(0);
  if (text.trim() === "") return "this one is empty (is an environment variable not set?)";
  if (/"kty"|^\s*\{/.test(text)) return "parse a JWK's JSON first";
  if (decoded.includes("-----BEGIN "))
    return 'this one is a PEM in base64; decode it first: Buffer.from(text, "base64").toString()';
  if (decoded[0] === 0x30)
    return "this one lacks its lines -----BEGIN PUBLIC KEY----- and -----END PUBLIC KEY----- (or PRIVATE KEY)";
  return 'this one has no "-----BEGIN"; pass what the file holds, not its name';
}

/** The faults between the first and the last line of a PEM. The first that matches is reported. */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/ENCRYPTED/, DECRYPT],
  [/["'`,;]/, "there are quotes or commas between its lines; take them out"],
  [
    /^n+[A-Z]/,
    'its line breaks have become the letter "n"; keep the backslash of each "\\n", by quotes around the value',
  ],
  [/^[^=]*[^A-Za-z0-9+/=]/, "between its lines is something else than base64"],
];

/** Refuses a PEM whose body is not base64, and says what is wrong with it. */
export function checkBody(base64: string, isEnded: boolean): void {
  const fault = findFault(base64, isEnded);
  if (fault !== undefined) throw new TypeError(`importKey can't read this PEM: ${fault}`);
}

function findFault(base64: string, isEnded: boolean): string | undefined {
  if (!isEnded) {
    return "its END line is missing; a value may have ended at a line break, unless it is quoted or has \\n for each";
  }
  const found = FAULTS.find(([pattern]) => pattern.test(base64));
  if (found !== undefined) return found[1];
  return base64 === "" || base64.length % 4 !== 0 ? "its base64 is cut off, or characters of it got lost" : undefined;
}
