import { keepOwn, readOwn } from "../shared/own-mark.ts";
import type { Answers } from "./answers.ts";
import type { Guard } from "./guard.ts";
import type { Identity } from "./identity.ts";

/** The mark of a guard's method `authenticate`, which holds the function that tells whose a token is. */
const INSPECTOR = /* @__PURE__ */ Symbol.for("hallpass.inspector");

/** Keeps the function by which a guard tells whose a token is, for {@link inspectToken}. */
export function keepInspector({ authenticate }: Pick<Answers, "authenticate">, inspect: Answers["authenticate"]): void {
  keepOwn(authenticate, INSPECTOR, inspect);
}

/**
 * Tells whose a token is, for whoever asks about it without being its user (introspection, RFC 7662). A guard that the
 * application wrote is asked as if the token were shown.
 *
 * @throws AuthError where it is not valid, or 503 in an outage
 */
export async function inspectToken<Claims>(guard: Guard<Claims>, token: string): Promise<Identity<Claims>> {
  return (await findInspector(guard)(`Bearer ${token}`)) as Identity<Claims>;
}

/** Finds the function by which a guard tells whose a token is. */
export function findInspector(guard: Guard): Answers["authenticate"] {
  const inspect = readOwn(guard.authenticate, INSPECTOR) as Answers["authenticate"] | undefined;
  return inspect ?? ((header) => guard.authenticate(header));
}
