import { createJti } from "../core/token/jti.ts";
import type { StatusClaim } from "../status-list/claim.ts";
import { type StatusPlace, writeSid } from "../status-list/place.ts";
import { acceptAnything } from "../store-calls/answer-checks.ts";
import type { FlowSettings, SessionSettings } from "./settings.ts";

/** Makes the id of a session. Where there are status lists, it holds the session's place in one. */
export async function createSid({ refresh, budget }: SessionSettings, date: number): Promise<string> {
  const { statuses } = refresh;
  if (statuses === null) return createJti(date);
  const place = await budget.callStore("statusList.allocate", () => statuses.allocate(), acceptAnything);
  return writeSid(createJti(date), place);
}

/** Makes the claim `status` of a session's access tokens; nothing where the session has no place. */
export function claimStatus({ refresh }: FlowSettings, sid: string): { readonly status?: StatusClaim } {
  const statuses = refresh?.statuses ?? null;
  const place = statuses?.find(sid) ?? null;
  return statuses === null || place === null ? {} : { status: statuses.claimOf(place) };
}

/**
 * Revokes sessions in their status lists. A session that began before there were lists has no place in one, and neither
 * has one whose place is in lists that are not known here.
 */
export async function revokeStatuses({ refresh, budget }: FlowSettings, sids: readonly string[]): Promise<void> {
  const statuses = refresh?.statuses ?? null;
  if (statuses === null) return;
  const places = sids.map((sid) => statuses.find(sid)).filter((place): place is StatusPlace => place !== null);
  if (places.length === 0) return;
  await budget.callStore("statusList.revoke", () => statuses.revoke(places), acceptAnything);
}
