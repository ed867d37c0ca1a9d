import type { SessionSettings } from "../authenticator/settings.ts";
import { checkStoredSessionOf } from "../store-calls/answers.ts";
import type { StoredSession } from "../stores/contract.ts";
import { digestsOf, refreshTokensIn } from "./refresh-token.ts";

/** A refresh token that was sent, with its session. */
export interface Presented {
  readonly refreshToken: string;
  readonly session: StoredSession;
}

/** The sessions that the sent tokens belong to, ended ones too. */
export async function findSessions({ refresh, budget }: SessionSettings, sent: unknown): Promise<readonly Presented[]> {
  const find = async (refreshToken: string): Promise<readonly Presented[]> => {
    const { family } = digestsOf(refreshToken);
    const call = async () => refresh.store.findSession(family);
    const session = await budget.ask("refresh.findSession", call, checkStoredSessionOf(family));
    return session === null ? [] : [{ refreshToken, session }];
  };
  return (await Promise.all(refreshTokensIn(sent).map(find))).flat();
}
