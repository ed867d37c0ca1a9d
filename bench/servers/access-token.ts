import { defineToken, secretKey, type TokenProfile } from "hallpass";
import { AUDIENCE, ISSUER, SECRET } from "./profile.ts";

/** The tokens that all contenders verify. They outlast the longest run. */
export const accessToken: TokenProfile = defineToken({
  keys: secretKey(SECRET),
  issuer: ISSUER,
  audience: AUDIENCE,
  expiresIn: "1d",
});
