import type { Answers, Refuse } from "./answers.ts";
import { readToken } from "./bearer-header.ts";
import { bindCredentials } from "./bind-credentials.ts";
import type { Credential } from "./credential.ts";
import type { GuardSettings } from "./options.ts";
import { type Internals, verifyShownToken } from "./profiles.ts";
import { listProfiles } from "./token-credentials.ts";

/**
 * Makes what tells whose a token is. The token is verified, and looked up in the blocklist, as one that is shown. But
 * nobody shows it, so nobody has to hold the key that it is bound to.
 */
export function bindInspector(
  settings: GuardSettings,
  profiles: readonly Internals[],
  refuse: Refuse,
): Answers["authenticate"] {
  const distinct = [...new Set(profiles)];
  const inspected: Credential = {
    name: "bearer",
    place: "authorization",
    takesAll: true,
    read: (request) => readToken(request.authorization()),
    verify: (token) => verifyShownToken(token, distinct, "bearer", takeAny),
  };
  const others = settings.credentials.filter((it) => listProfiles(it).length === 0);
  return bindCredentials({ ...settings, credentials: [...others, inspected] }, refuse).authenticate;
}

function takeAny(): void {}
