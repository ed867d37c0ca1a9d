import { expectSession } from "../store-calls/session-answers.ts";
import type { StoredSession } from "../stores/contract.ts";
import { digestRefreshToken, readRefreshTokens } from "./refresh-token.ts";
import type { SessionSettings } from "./settings.ts";

/** A refresh token that a client sent, with its session. */
export interface PresentedSession {
  readonly refreshToken: string;
  readonly session: StoredSession;
}

/** Finds the sessions of the refresh tokens that a client sent, ended sessions too. */
export async function findSessions(
  { refresh, budget }: SessionSettings,
  sent: unknown,
): Promise<readonly PresentedSession[]> {
  const find = async (refreshToken: string): Promise<readonly PresentedSession[]> => {
    const { family } = digestRefreshToken(refreshToken);
    const call = async () => refresh.store.findSession(family);
    const session = await budget.callStore("refresh.findSession", call, expectSession(family));
    return session === null ? [] : [{ refreshToken, session }];
  };
  return (await Promise.all(readRefreshTokens(sent).map(find))).flat();
}
