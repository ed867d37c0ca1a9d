import { type ArgumentsHost, Catch, type ExceptionFilter } from "@nestjs/common";
import type { HttpAdapterHost } from "@nestjs/core";
import { isAuthError } from "../../core/errors.ts";
import { createErrorResponder, type ErrorHandlerOptions } from "../errors.ts";
import type { AdapterResponse } from "../response.ts";
import { sendByPlatform } from "./http.ts";

/**
 * Nest asks by `instanceof` which errors a filter is for. An `AuthError` of another copy of hallpass is one as well.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: Nest wants a class
class AnyAuthError {
  static [Symbol.hasInstance](value: unknown): boolean {
    return isAuthError(value);
  }
}

/**
 * Answers every `AuthError` as JSON, `{ error, message }`, with its status and headers, and logs those of 500 and above
 * with their cause. Every other error is left to other filters. {@link HallpassModule} includes one; use this where
 * {@link AuthGuard} is used alone.
 *
 * @example
 * ```ts
 * app.useGlobalFilters(new AuthErrorFilter(app.get(HttpAdapterHost)));
 * ```
 */
export class AuthErrorFilter implements ExceptionFilter {
  readonly #host: HttpAdapterHost;
  readonly #respond: (error: unknown, request: object) => AdapterResponse | null;

  /**
   * @param host - Nest's own, which knows how the platform answers
   * @param options - how outages are logged
   * @throws TypeError when an option is misspelt or not a function
   */
  constructor(host: HttpAdapterHost, options: ErrorHandlerOptions<object> = {}) {
    this.#host = host;
    this.#respond = createErrorResponder(options);
  }

  /** Answers an error over HTTP. Elsewhere, such as in GraphQL, it is rethrown. */
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response = host.getType() === "http" ? this.#respond(error, http.getRequest()) : null;
    if (response === null) throw error;
    sendByPlatform(this.#host, http.getResponse(), response);
  }
}

Catch(AnyAuthError)(AuthErrorFilter);
