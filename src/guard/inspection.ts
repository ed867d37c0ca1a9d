import type { Answers, Refuse } from "./answers.ts";
import { readToken } from "./bearer-header.ts";
import { bindCredentials } from "./bind-credentials.ts";
import type { Credential } from "./credential.ts";
import type { Guard } from "./guard.ts";
import type { Identity } from "./identity.ts";
import type { GuardSettings } from "./options.ts";
import { type Internals, verifyShownToken } from "./profiles.ts";
import { listProfiles } from "./token-credentials.ts";

/** The functions that tell whose a token is, each under the method of a guard that lets whoever shows it in. */
const inspectors = new WeakMap<object, Answers["authenticate"]>();

/**
 * Keeps how a guard tells whose a token is, for {@link inspectToken}. The token is verified, and looked up in the
 * blocklist, as one that is shown. But nobody shows it, so nobody has to hold the key that it is bound to.
 */
export function keepInspector(
  authenticate: Answers["authenticate"],
  settings: GuardSettings,
  profiles: readonly Internals[],
  refuse: Refuse,
): void {
  if (profiles.length === 0) return;
  const distinct = [...new Set(profiles)];
  const inspected: Credential = {
    name: "bearer",
    place: "authorization",
    takesAll: true,
    read: (request) => readToken(request.authorization()),
    verify: (token) => verifyShownToken(token, distinct, "bearer", takeAny),
  };
  const others = settings.credentials.filter((it) => listProfiles(it).length === 0);
  const credentials = [...others, inspected];
  inspectors.set(authenticate, bindCredentials({ ...settings, credentials }, refuse).authenticate);
}

function takeAny(): void {}

/**
 * Tells whose a token is, for whoever asks about it without showing it (RFC 7662). A guard of the application's own is
 * asked as if it were shown.
 *
 * @throws AuthError where it is not good, or 503 in an outage
 */
export async function inspectToken<Claims>(guard: Guard<Claims>, token: string): Promise<Identity<Claims>> {
  const inspect = inspectors.get(guard.authenticate) ?? ((header) => guard.authenticate(header));
  return (await inspect(`Bearer ${token}`)) as Identity<Claims>;
}
