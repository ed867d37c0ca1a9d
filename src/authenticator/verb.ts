import type { AuthError } from "../core/errors.ts";
import type { TimeLimits } from "../store-calls/ask.ts";
import { isOutage, type OutageListener, type OutageOperation, tellOutage } from "../store-calls/outage.ts";
import { type Budgeted, withBudget } from "./settings.ts";

/**
 * What an authenticator does for a request, as its callers have it: in a time of its own, and with one word to whoever
 * listens where it met an outage, whether that refused the request or not.
 */
export function verb<Settings extends TimeLimits & { readonly onOutage: OutageListener }, Args extends unknown[], T>(
  operation: OutageOperation,
  settings: Settings,
  work: (settings: Budgeted<Settings>, ...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  return async (...args) => {
    const budgeted = withBudget(settings);
    let refusal: AuthError | undefined;
    try {
      return await work(budgeted, ...args);
    } catch (error) {
      if (isOutage(error)) refusal = error;
      throw error;
    } finally {
      const outage = refusal ?? budgeted.budget.outage();
      if (outage !== undefined) tellOutage(settings.onOutage, outage, operation, refusal !== undefined);
    }
  };
}
