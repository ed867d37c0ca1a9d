import { readMark } from "../shared/read.ts";
import type { Credential } from "./credential.ts";
import { listResolvers } from "./token-credentials.ts";

/** Entries of the package have copies of this file, which share a registered symbol. */
const FOREIGN = /* @__PURE__ */ Symbol.for("hallpass.foreign");

/** Marks a credential that takes tokens of another issuer without having its profile. */
export function markForeign<Taken extends object>(credential: Taken): Taken {
  return Object.defineProperty(credential, FOREIGN, { value: true });
}

/** Tells whether a credential takes tokens whose lifetime is not known in advance. */
export function isOfUnknownLife(credential: Credential): boolean {
  return readMark(credential, FOREIGN) === true || listResolvers(credential).length > 0;
}
