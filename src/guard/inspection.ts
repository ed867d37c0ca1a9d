import type { Answers } from "./answers.ts";
import type { Guard } from "./guard.ts";
import type { Identity } from "./identity.ts";

/** The functions that tell whose a token is, by the method `authenticate` of their guard. */
const inspectors = new WeakMap<object, Answers["authenticate"]>();

/** Keeps the function by which a guard tells whose a token is, for {@link inspectToken}. */
export function keepInspector({ authenticate }: Pick<Answers, "authenticate">, inspect: Answers["authenticate"]): void {
  inspectors.set(authenticate, inspect);
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
  return inspectors.get(guard.authenticate) ?? ((header) => guard.authenticate(header));
}
