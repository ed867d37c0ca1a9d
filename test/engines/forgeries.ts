import { constants, createPrivateKey, type JsonWebKey, sign } from "node:crypto";
import type { Algorithm, JWK } from "../../src/index.ts";

type Forgery = readonly [kind: string, token: string];

/** How the numbers of a signature lie in it: so many bytes each, least significant first or last, below a bound. */
interface Numbers {
  readonly bytes: number;
  readonly isLittle: boolean;
  readonly bound: bigint;
}

// The orders of the groups: FIPS 186-5's curves by SEC 2, and RFC 8032 §5.1.
const ORDERS: Readonly<Record<string, bigint>> = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  "P-384": BigInt(`0x${"f".repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`),
  "P-521": BigInt(`0x1${"f".repeat(65)}a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`),
  Ed25519: 2n ** 252n + 27742317777372353535851937790883648493n,
};

/** A good token with each signature in the place of its own that must not pass for it. */
export function forgeries(algorithm: Algorithm, jwk: JWK, token: string): readonly Forgery[] {
  const dot = token.lastIndexOf(".");
  const signature = signatureOf(token);
  const forged: readonly (readonly [string, Uint8Array])[] = [
    ["a flipped first bit", flipped(signature, 0)],
    ["a flipped last bit", flipped(signature, signature.length - 1)],
    ["a signature that lacks its end", signature.subarray(0, -1)],
    ["a signature with a byte more", Buffer.concat([signature, Buffer.alloc(1)])],
    ["a signature with a byte before it", Buffer.concat([Buffer.alloc(1), signature])],
    ["zeros", Buffer.alloc(signature.length)],
    ["no signature", Buffer.alloc(0)],
    ...outOfRange(signature, numbersOf(jwk)),
    ...otherSalts(algorithm, jwk, token.slice(0, dot)),
  ];
  const payload = Buffer.from(JSON.stringify({ ...payloadOf(token), sub: "user-2" })).toString("base64url");
  const other = `${token.split(".")[0]}.${payload}${token.slice(dot)}`;
  return [
    [`other claims under ${algorithm}`, other],
    ...forged.map(
      ([kind, bytes]): Forgery => [kind, `${token.slice(0, dot + 1)}${Buffer.from(bytes).toString("base64url")}`],
    ),
  ];
}

/** Whether a number of a token's signature can be spelt with its bound added. */
export function hasRoom(jwk: JWK, token: string): boolean {
  return outOfRange(signatureOf(token), numbersOf(jwk)).length > 0;
}

/** Each number with its bound added, where there is room: what a verifier takes that forgets to compare the two. */
function outOfRange(signature: Uint8Array, numbers: Numbers | null): readonly (readonly [string, Uint8Array])[] {
  if (numbers === null) return [];
  const { bytes, isLittle, bound } = numbers;
  return Array.from({ length: signature.length / bytes }, (_, nth) => nth * bytes).flatMap((at) => {
    const number = Buffer.from(signature.subarray(at, at + bytes));
    const sum = BigInt(`0x${(isLittle ? number.reverse() : number).toString("hex")}`) + bound;
    if (sum >= 2n ** BigInt(8 * bytes)) return [];
    const spelt = Buffer.from(sum.toString(16).padStart(2 * bytes, "0"), "hex");
    const changed = Buffer.from(signature);
    changed.set(isLittle ? spelt.reverse() : spelt, at);
    return [[`a number that is out of range, at byte ${at}`, changed] as const];
  });
}

/** RFC 7518 §3.5: the salt is as long as the hash. */
function otherSalts(algorithm: Algorithm, jwk: JWK, input: string): readonly (readonly [string, Uint8Array])[] {
  if (!algorithm.startsWith("PS")) return [];
  const key = createPrivateKey({ key: jwk as JsonWebKey, format: "jwk" });
  const { RSA_PKCS1_PSS_PADDING: padding } = constants;
  return [0, 20].map((saltLength) => {
    const signature = sign(`sha${algorithm.slice(2)}`, Buffer.from(input), { key, padding, saltLength });
    return [`a salt of ${saltLength} bytes`, signature] as const;
  });
}

function numbersOf({ kty, n, crv }: JWK): Numbers | null {
  if (kty === "RSA") {
    const modulus = Buffer.from(n as string, "base64url");
    return { bytes: modulus.length, isLittle: false, bound: BigInt(`0x${modulus.toString("hex")}`) };
  }
  const bound = ORDERS[String(crv)];
  if (bound === undefined) return null;
  // Of an Ed25519 signature the second half alone is a number, and the first, a point, is none that fits with this added.
  return { bytes: Math.ceil(bound.toString(2).length / 8), isLittle: kty === "OKP", bound };
}

function signatureOf(token: string): Buffer {
  return Buffer.from(token.slice(token.lastIndexOf(".") + 1), "base64url");
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, nth) => (nth === at ? byte ^ 1 : byte));
}

function payloadOf(token: string): object {
  return JSON.parse(Buffer.from(token.split(".")[1] as string, "base64url").toString()) as object;
}
