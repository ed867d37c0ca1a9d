import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Algorithm } from "../core/keys/algorithms.ts";
import { importKey } from "../core/keys/import.ts";
import { type SecretKeyOptions, secretKey } from "../core/keys/secret.ts";
import { defineToken, type TokenOptions, type TokenProfile } from "../core/token/profile.ts";
import { verifyToken } from "../core/token/verify.ts";
import { remoteKeys } from "../remote/remote-keys.ts";
import { trustIssuer } from "../remote/trust-issuer.ts";
import { assert } from "../shared/assert.ts";
import type { Args, Command, Shell } from "./command.ts";
import { readTokenInput } from "./input.ts";
import { formatJson } from "./output.ts";

type Keys = TokenOptions["keys"];
type Values = Args["values"];

/** Verifies a token, and prints its claims. */
export const VERIFY: Command = {
  usage: "--issuer ISSUER --audience AUDIENCE [options]",
  summary: "Verifies a token, and prints its claims. Without a key, it looks for the issuer's by its metadata.",
  options: {
    issuer: { type: "string", value: "ISSUER", help: "The iss that the token must have." },
    "no-issuer": { type: "boolean", help: "Takes a token of any issuer, or of none." },
    audience: {
      type: "string",
      multiple: true,
      value: "AUDIENCE",
      help: "An aud that the token may have. It may be repeated.",
    },
    "no-audience": { type: "boolean", help: "Takes a token for anybody." },
    typ: { type: "string", multiple: true, value: "TYP", help: 'A typ that the token may have. "at+jwt" by default.' },
    "no-typ": { type: "boolean", help: "Takes a token of any kind." },
    "secret-env": { type: "string", value: "NAME", help: "The environment variable with the secret of secretKey." },
    key: { type: "string", value: "FILE", help: "A file with a PEM or a JWK, public or private." },
    jwks: { type: "string", value: "URL|FILE", help: "The address of a JWK Set, or a file with one." },
    algorithm: {
      type: "string",
      value: "ALGORITHM",
      help: "The algorithm of a secret (HS256 by default), or of an RSA key.",
    },
  },
  maxPositionals: 0,
  reads: "token",
  async run({ values }, shell) {
    const profile = await readProfile(values, shell);
    const token = await readTokenInput(shell);
    return formatJson(await verifyToken(token, profile));
  },
};

async function readProfile(values: Values, shell: Shell): Promise<TokenProfile> {
  const issuer = readCheck(values, "issuer") as string | null;
  const audience = readCheck(values, "audience") as string[] | null;
  const isTypGiven = values.typ !== undefined || values["no-typ"] !== undefined;
  const typ = isTypGiven ? { typ: readCheck(values, "typ") as string[] | null } : {};
  const keys = await readKeys(values, shell);
  if (keys !== null) return defineToken({ keys, issuer, audience, ...typ });
  const hasMetadata = issuer !== null && URL.canParse(issuer);
  assert(
    hasMetadata,
    "give a key: --secret-env, --key or --jwks; only an issuer that is a URL has metadata to find one",
  );
  return trustIssuer(issuer, { audience, ...typ });
}

/** Reads what a claim is compared with, or `null` where that is switched off. */
function readCheck(values: Values, name: string): unknown {
  const [value, isOff] = [values[name], values[`no-${name}`] === true];
  assert((value !== undefined) !== isOff, `give either --${name} or --no-${name}`);
  return value ?? null;
}

/** Reads a key by the value of the option that names it. */
type KeyReader = (value: string, algorithm: { algorithm?: Algorithm }, shell: Shell) => Keys | Promise<Keys>;

/** The options that name a key, and how each is read. */
const KEY_READERS: readonly (readonly [option: string, read: KeyReader])[] = [
  [
    "secret-env",
    (name, algorithm, { env }) => {
      const secret = env[name];
      assert(secret !== undefined, "--secret-env: there is no such variable; give the name of one, and not the secret");
      return secretKey(secret, algorithm as SecretKeyOptions);
    },
  ],
  ["key", async (file, algorithm) => importKey(await readKeyFile(file), algorithm)],
  ["jwks", (place) => remoteKeys(/^[a-z]+:\/\//i.test(place) ? place : pathToFileURL(resolve(place)))],
];

async function readKeys(values: Values, shell: Shell): Promise<Keys | null> {
  const given = KEY_READERS.filter(([option]) => values[option] !== undefined);
  assert(given.length <= 1, `give one key: ${given.map(([option]) => `--${option}`).join(" or ")}`);
  const [reader] = given;
  const isForAlgorithm = reader !== undefined && reader[0] !== "jwks";
  assert(values.algorithm === undefined || isForAlgorithm, "--algorithm goes with --secret-env or --key");
  if (reader === undefined) return null;
  const [option, read] = reader;
  const algorithm = values.algorithm === undefined ? {} : { algorithm: values.algorithm as Algorithm };
  return read(values[option] as string, algorithm, shell);
}

async function readKeyFile(file: string): Promise<Parameters<typeof importKey>[0]> {
  const text = await readFile(file, "utf8");
  if (!text.trimStart().startsWith("{")) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError("--key: the file is no JSON"); // the message of JSON.parse would quote the key
  }
}
