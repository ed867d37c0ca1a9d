/**
 * Token Status Lists (draft-ietf-oauth-status-list-21): revocation as a signed list of bits. {@link createStatusList}
 * publishes which of a service's tokens were revoked, for any CDN to serve and any language to read; {@link
 * statusLists} reads what others publish.
 *
 * @module
 */
export type { StatusCheck } from "./core/token/status.ts";
export type { Fetch, FetchAnswer, FetchInit } from "./remote/document.ts";
export type { FreshStats } from "./remote/fresh-value.ts";
export type { StatusClaim, StatusReference } from "./status-list/claim.ts";
export { createStatusList } from "./status-list/create.ts";
export { type StatusLists, statusLists } from "./status-list/lists.ts";
export type { StatusListsOptions } from "./status-list/lists-options.ts";
export type { StatusListOptions } from "./status-list/options.ts";
export type { StatusPlace } from "./status-list/place.ts";
export type { PublishedStatusList } from "./status-list/publisher.ts";
export type { StatusList } from "./status-list/status-list.ts";
export type { StatusListStore, StatusPlaces } from "./stores/contract.ts";
