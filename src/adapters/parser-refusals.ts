import { AuthError, type AuthErrorCode } from "../core/errors.ts";
import { readSafely } from "../shared/read.ts";

/** Our codes for the errors of body parsers, by their own: `type` of body-parser and raw-body, `code` of Fastify. */
const CODES: Readonly<Record<string, AuthErrorCode>> = {
  "entity.parse.failed": "malformed_body",
  "request.size.invalid": "malformed_body",
  "request.aborted": "malformed_body",
  "entity.too.large": "body_too_large",
  "charset.unsupported": "unsupported_media_type",
  "encoding.unsupported": "unsupported_media_type",
  FST_ERR_CTP_INVALID_JSON_BODY: "malformed_body",
  FST_ERR_CTP_EMPTY_JSON_BODY: "malformed_body",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "malformed_body",
  FST_ERR_CTP_BODY_TOO_LARGE: "body_too_large",
};

/**
 * Translates the error of a framework's body parser into a refusal; `null` for any other error. The error is not the
 * refusal's cause: parsers put the body into it, which may contain a password.
 */
export function readParserRefusal(error: unknown): AuthError | null {
  try {
    return readSafely("errorHandler", () => findRefusal(error));
  } catch {
    return null;
  }
}

interface ParserError {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
}

function findRefusal(error: unknown): AuthError | null {
  const { name, type, code, status, statusCode } = (error ?? {}) as ParserError;
  const errorCode = [type, code].find((it) => typeof it === "string" && Object.hasOwn(CODES, it)) as string | undefined;
  if (errorCode !== undefined) return createParserRefusal(CODES[errorCode] as AuthErrorCode, errorCode);
  // Koa's parser, and that of older Fastify, pass the error of JSON.parse on with a status.
  return name === "SyntaxError" && [status, statusCode].includes(400)
    ? createParserRefusal("malformed_body", "SyntaxError")
    : null;
}

function createParserRefusal(code: AuthErrorCode, errorCode: string): AuthError {
  return new AuthError(code, { cause: new Error(`the parser in front refused the body: ${errorCode}`) });
}
