import { type AuthError, isAuthError } from "../core/errors.ts";
import type { FlowHandler } from "./handler.ts";
import type { AdapterRequest } from "./request.ts";
import { type AdapterResponse, formatRefusal, NO_STORE } from "./response.ts";
import { toError } from "./thrown.ts";

/** The descriptions for a malformed form and an unknown client. The default messages are for users with a password. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  unsupported_media_type: "Send application/x-www-form-urlencoded",
  malformed_body: "The body broke off",
  invalid_credentials: "The id or the secret of the client is wrong",
};

/**
 * Wraps the handler of an OAuth endpoint, so that it answers refusals as in RFC 6749 §5.2: `error` is a registered
 * code, and `error_description` is for people. `message` says the same, for clients of our other handlers. An outage is
 * rethrown, for the error handler to log.
 */
export function answerAsOAuth(handle: FlowHandler): FlowHandler {
  return async (request) => {
    try {
      return refuseOtherMethods(request) ?? (await handle(request));
    } catch (thrown) {
      const error = toError(thrown);
      if (!isAuthError(error) || !error.expose) throw error;
      const { code, message } = error;
      return { ...formatRefusal(error), body: formatError(chooseErrorCode(error), DESCRIPTIONS[code] ?? message) };
    }
  };
}

/** Makes the answer of a refusal that is not an `AuthError`. */
export function answerError(
  status: number,
  error: string,
  description: string,
  headers: Readonly<Record<string, string>> = {},
): AdapterResponse {
  return { status, headers: { ...headers, ...NO_STORE }, cookies: [], body: formatError(error, description) };
}

/** Makes the answer to a form that does not have one token. */
export function refuseTokens(): AdapterResponse {
  return answerError(400, "invalid_request", "The form must have one token");
}

function formatError(error: string, description: string): object {
  return { error, error_description: description, message: description };
}

/** Gives the registered code of a refusal. A refusal without one keeps its own code. */
function chooseErrorCode({ code, status }: AuthError): string {
  if (status === 401) return "invalid_client";
  return [400, 413, 415].includes(status) ? "invalid_request" : code;
}

/** Refuses all methods but POST, so that no token is in a URL. */
function refuseOtherMethods({ authRequest }: AdapterRequest): AdapterResponse | null {
  const { method } = (authRequest() ?? {}) as { readonly method?: unknown };
  if (typeof method !== "string" || method.toUpperCase() === "POST") return null;
  return answerError(405, "invalid_request", "Send a POST", { Allow: "POST" });
}
