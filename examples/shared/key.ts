import { randomBytes } from "node:crypto";
import { type SigningKey, secretKey } from "hallpass";

/** Makes the key from TOKEN_SECRET, or from a random secret, whose tokens are worthless when this process has ended. */
export function readKey(): SigningKey {
  if (process.env.TOKEN_SECRET !== undefined) return secretKey(process.env.TOKEN_SECRET);
  console.log("TOKEN_SECRET is not set: this process signs with a random secret, and its tokens end with it.");
  return secretKey(randomBytes(32));
}
