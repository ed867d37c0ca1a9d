import { type AuthError, isAuthError } from "../core/errors.ts";
import { tell } from "../shared/listener.ts";
import { checkFunction, checkOptions, type OptionNames } from "../shared/options.ts";
import { readParserRefusal } from "./parser-refusals.ts";
import { type AdapterResponse, formatRefusal } from "./response.ts";

/** How an adapter's `errorHandler` tells of what is the server's own fault. */
export interface ErrorHandlerOptions<Request = unknown> {
  /**
   * Told of every refusal of 500 and above, an outage above all, and of the request that met it. What the answer keeps
   * back is in `error.cause`. `console.error` by default.
   */
  readonly log?: (error: AuthError, request: Request) => unknown;
}

const OPTIONS: OptionNames<ErrorHandlerOptions> = { log: "optional" };

/**
 * Makes what an error handler does: it answers an `AuthError`, and the refusal of a framework's parser of bodies, which
 * is `malformed_body`, `body_too_large` or `unsupported_media_type`, on every route. It logs an error of 500 and above,
 * and gives `null` for any other error, which is the application's to answer.
 *
 * @throws TypeError when an option is misspelt or no function
 *
 * @example
 * ```ts
 * const respond = createErrorResponder({ log: (error) => logger.error(error) });
 * const response = respond(error, req);
 * if (response === null) throw error; // The framework answers it.
 * sendNodeResponse(res, response);
 * ```
 */
export function createErrorResponder<Request>(
  options: ErrorHandlerOptions<Request> = {},
): (error: unknown, request: Request) => AdapterResponse | null {
  checkOptions("errorHandler", options, OPTIONS);
  const { log = logToConsole } = options;
  checkFunction("errorHandler: log", log, "(error, request) => logger.error(error)");
  return (error, request) => {
    const refusal = isAuthError(error) ? error : readParserRefusal(error);
    if (refusal === null) return null;
    if (!refusal.expose) tell(log, refusal, request);
    return formatRefusal(refusal);
  };
}

function logToConsole(error: AuthError): void {
  console.error(error);
}
