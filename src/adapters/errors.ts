import { type AuthError, isAuthError } from "../core/errors.ts";
import { tell } from "../shared/listener.ts";
import { checkFunction, checkOptions, type OptionNames } from "../shared/options.ts";
import { refuseRequest } from "./checks.ts";
import { readParserRefusal } from "./parser-refusals.ts";
import { type AdapterResponse, formatRefusal } from "./response.ts";

/** The options of an adapter's `errorHandler`. */
export interface ErrorHandlerOptions<Request = unknown> {
  /**
   * Logs every refusal of 500 and above, such as an outage, with its request. The reason, which the answer leaves out,
   * is in `error.cause`. `console.error` by default.
   */
  readonly log?: (error: AuthError, request: Request) => unknown;
}

const OPTIONS: OptionNames<ErrorHandlerOptions> = { log: "optional" };

/**
 * Creates the function behind an error handler. It makes the answer to an `AuthError`, and to the refusal of a
 * framework's body parser, which is `malformed_body`, `body_too_large` or `unsupported_media_type`, on every route. It
 * logs an error of 500 and above. It gives `null` for any other error, which the application has to answer.
 *
 * @throws TypeError when an option is misspelt or not a function
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
  refuseRequest("errorHandler", options, "");
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
