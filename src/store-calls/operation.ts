import type { AuthError } from "../core/errors.ts";
import { refusePromise } from "../shared/promise.ts";
import { type Budgeted, startBudget, type TimeLimits } from "./budget.ts";
import { isOutage, type OutageListener, type OutageOperation, tellOutage } from "./outage.ts";

/**
 * Binds an operation to its settings. Each call has a time budget of its own. It reports an outage to the listener
 * once, whether the outage refused the call or not.
 */
export function bindOperation<
  Settings extends TimeLimits & { readonly onOutage: OutageListener },
  Args extends unknown[],
  T,
>(
  operation: OutageOperation,
  settings: Settings,
  work: (settings: Budgeted<Settings>, ...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  return async (...args) => {
    for (const given of args) refusePromise(`what ${operation} was given`, given);
    const budget = startBudget(settings);
    let refusal: AuthError | undefined;
    try {
      return await work({ ...settings, budget }, ...args);
    } catch (error) {
      if (isOutage(error)) refusal = error;
      throw error;
    } finally {
      const outage = refusal ?? budget.getFirstOutage();
      if (outage !== undefined) tellOutage(settings.onOutage, outage, operation, refusal !== undefined);
    }
  };
}
