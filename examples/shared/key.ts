import { randomBytes } from "node:crypto";
import { type SigningKey, secretKey } from "hallpass";

/** The key of the environment's TOKEN_SECRET, or one of a random secret, whose tokens end with this process. */
export function readKey(): SigningKey {
  if (process.env.TOKEN_SECRET !== undefined) return secretKey(process.env.TOKEN_SECRET);
  console.log("TOKEN_SECRET is not set: this process signs with a random secret, and its tokens end with it.");
  return secretKey(randomBytes(32));
}
