import { DEFAULT_REQUEST_TIMEOUT_MS } from "../shared/limits.ts";
import { toOutage, waitFor } from "../store-calls/call.ts";

/**
 * Calls a function of the application that may ask a store of its own. An error or a late answer is an outage. Only an
 * `AuthError` of the function decides the answer.
 */
export async function callApplication<Answer>(name: string, call: () => Answer | PromiseLike<Answer>): Promise<Answer> {
  try {
    return await waitFor(name, DEFAULT_REQUEST_TIMEOUT_MS, call());
  } catch (error) {
    throw toOutage(name, error);
  }
}
