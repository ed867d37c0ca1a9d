/**
 * Tokens and codes that are valid for one use: for links in mails, for tickets, and for codes that a user types in.
 *
 * @module
 */
export {
  createOneTimeCodes,
  type IssuedOneTimeCode,
  type OneTimeCodeOptions,
  type OneTimeCodes,
} from "./one-time/codes.ts";
export type { OneTimeOptions } from "./one-time/options.ts";
export type { GivenData, OneTimeOwner, OneTimeResult } from "./one-time/record.ts";
export { type TicketIdentity, type TicketOptions, ticket } from "./one-time/ticket.ts";
export {
  createOneTimeTokens,
  type IssuedOneTimeToken,
  type OneTimeTokenOptions,
  type OneTimeTokens,
} from "./one-time/tokens.ts";
export type { OneTimeStore, OneTimeTry, StoredOneTimeToken } from "./stores/contract.ts";
