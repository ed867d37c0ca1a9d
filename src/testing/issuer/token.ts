import type { Algorithm } from "../../core/keys/algorithms.ts";
import { type Duration, toSeconds } from "../../core/time.ts";
import { createJti } from "../../core/token/jti.ts";
import { assert } from "../../shared/assert.ts";
import { readTime } from "../../shared/date.ts";
import { describeValue } from "../../shared/describe.ts";
import { isRecord } from "../../shared/object.ts";
import { checkOptions, checkText, type OptionNames } from "../../shared/options.ts";
import type { IssuerKeys } from "./key-set.ts";

/** The options of a token of a {@link FakeIssuer}. */
export interface FakeTokenOptions {
  /** The name of the key that signs. By default that of the current key. */
  readonly kid?: string;
  /** The algorithm of the key that signs. By default that of the current key. */
  readonly alg?: Algorithm;
  /** The header's `typ`; `null` leaves it out. `"at+jwt"` by default (RFC 9068 §2.1). */
  readonly typ?: string | null;
  /**
   * Members of the header, in place of the right ones: `{ kid: "unknown" }`, or `{ kid: undefined }` to leave one out.
   * None by default.
   */
  readonly header?: Readonly<Record<string, unknown>>;
  /** How long it is valid. `"15m"` by default. */
  readonly expiresIn?: Duration;
  /** When it is issued. By default, the present instant of the issuer's clock. */
  readonly at?: Date;
}

const OPTIONS: OptionNames<FakeTokenOptions> = {
  kid: "optional",
  alg: "optional",
  typ: "optional",
  header: "optional",
  expiresIn: "optional",
  at: "optional",
};

/** What an issuer writes into its tokens. */
export interface TokenBasis {
  readonly issuer: string;
  readonly audience: string | readonly string[] | undefined;
  /** The keys that can sign, the current one first and then the latest. */
  readonly keys: IssuerKeys["signers"];
  readonly time: number;
}

/** Issues a token, with whatever claims and header a test wants. */
export function mintFakeToken(claims: object, options: FakeTokenOptions, basis: TokenBasis): string {
  checkOptions("mint", options, OPTIONS);
  assert(isRecord(claims), "mint takes the claims as a plain object");
  const { typ = "at+jwt", header = {}, expiresIn = "15m", at } = options;
  assert(isRecord(header), "mint: header must be a plain object with members of a JOSE header");
  const time = at === undefined ? basis.time : readTime(at);
  assert(time >= 0, "mint: at must be a valid Date from 1970 on");
  const iat = Math.floor(time / 1_000);
  const { kid, signer } = selectKey(options, basis.keys);
  const ownHeader = { alg: signer.algorithm, kid, ...(typ !== null && { typ: checkText("mint: typ", typ) }) };
  const exp = iat + toSeconds("mint: expiresIn", expiresIn, 1);
  const ownClaims = { iss: basis.issuer, aud: basis.audience, iat, exp, jti: createJti(time) };
  const signingInput = `${encode({ ...ownHeader, ...header })}.${encode({ ...ownClaims, ...claims })}`;
  return `${signingInput}.${signer.signAsIssuer(signingInput)}`;
}

function selectKey({ kid, alg }: FakeTokenOptions, keys: IssuerKeys["signers"]): IssuerKeys["signers"][number] {
  const key = keys.find((it) => (kid ?? it.kid) === it.kid && (alg ?? it.signer.algorithm) === it.signer.algorithm);
  if (key !== undefined) return key;
  throw new TypeError(
    `mint: no key of this issuer signs with kid ${describeWish(kid)} and alg ${describeWish(alg)}; ` +
      "add one with addKey, or name one that it has not by { header: { kid } }",
  );
}

function describeWish(name: string | undefined): string {
  return name === undefined ? "of any name" : describeValue(name);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
