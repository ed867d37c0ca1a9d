import type { Answers, Refuse } from "./answers.ts";
import { readBearerToken } from "./bearer-header.ts";
import { bindCredentials } from "./bind-credentials.ts";
import type { Credential } from "./credential.ts";
import type { GuardSettings } from "./options.ts";
import { type Internals, verifyShownToken } from "./profiles.ts";
import { listProfiles } from "./token-credentials.ts";

/**
 * Creates the function that tells whose a token is, for whoever asks about it. It verifies the token and asks the
 * blocklist, as for a token that is shown. It ignores the key that a token is bound to: only its holder can prove that.
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
    read: (request) => readBearerToken(request.authorization()),
    verify: (token) => verifyShownToken(token, distinct, "bearer", acceptAnyBinding),
  };
  const others = settings.credentials.filter((it) => listProfiles(it).length === 0);
  return bindCredentials({ ...settings, credentials: [...others, inspected] }, refuse).authenticate;
}

function acceptAnyBinding(): void {}
