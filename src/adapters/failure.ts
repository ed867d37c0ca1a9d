import { type AuthError, isAuthError } from "../core/errors.ts";
import { tell } from "../shared/listener.ts";
import { checkFunction, checkOptions, type OptionNames } from "../shared/options.ts";

/** How an adapter's `errorHandler` tells of what is the server's own fault. */
export interface ErrorHandlerOptions<Request = unknown> {
  /**
   * Told of every refusal of 500 and above, an outage above all, and of the request that met it. What the answer keeps back is
   * in `error.cause`. `console.error` unless given.
   */
  readonly log?: (error: AuthError, request: Request) => unknown;
}

const OPTIONS: OptionNames<ErrorHandlerOptions> = { log: "optional" };

/** Checks the options, and tells apart what is ours to answer: it is logged, where it should be, on the way. */
export function recogniser<Request>(
  options: ErrorHandlerOptions<Request>,
): (error: unknown, request: Request) => error is AuthError {
  checkOptions("errorHandler", options, OPTIONS);
  const { log = logToConsole } = options;
  checkFunction("errorHandler: log", log, "(error, request) => logger.error(error)");
  return (error, request): error is AuthError => {
    if (!isAuthError(error)) return false;
    if (!error.expose) tell(log, error, request);
    return true;
  };
}

function logToConsole(error: AuthError): void {
  console.error(error);
}

/** The headers of a refusal, which no cache may keep, whatever was said of the answer before. */
export function headersOf({ headers }: AuthError): Readonly<Record<string, string>> {
  return { ...headers, "Cache-Control": "no-store" };
}
