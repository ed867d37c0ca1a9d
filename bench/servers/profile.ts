import { createSecretKey, type KeyObject } from "node:crypto";

/** What every server demands of a token, and where. */
export const SECRET = "a secret for measurements, of 32 bytes or more";
export const ISSUER = "https://login.example.com";
export const AUDIENCE = "https://api.example.com";

/** The secret as a key, for those who would else make one of it with every request. */
export const KEY: KeyObject = createSecretKey(Buffer.from(SECRET));
