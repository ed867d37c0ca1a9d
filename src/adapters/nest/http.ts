import type { ArgumentsHost } from "@nestjs/common";
import type { HttpAdapterHost } from "@nestjs/core";
import { requireJson, takeParsedBody } from "../body.ts";
import { takeForm } from "../form.ts";
import { readParserRefusal } from "../parser-refusals.ts";
import { type AdapterRequest, type FrameworkRequest, pickHeaders, readNodeRequest } from "../request.ts";
import type { AdapterResponse } from "../response.ts";

/** A request as the platform has it, Express or Fastify. */
export interface NestRequest extends FrameworkRequest {
  readonly ip?: string | undefined;
  readonly body?: unknown;
}

const REMEDY =
  "let HTTP ask for the credential first, or write a guard of your own, by identify of hallpass/adapter. The recipes " +
  "of the documentation for GraphQL and WebSocket show both";

/** Takes the request of an HTTP route. It refuses everything else that Nest may route, such as WebSocket messages. */
export function takeHttpRequest(context: ArgumentsHost): NestRequest {
  const type: string = context.getType();
  if (type === "http") return context.switchToHttp().getRequest<NestRequest>();
  throw new TypeError(`hallpass/nest knows who is asking over HTTP, and not over ${type}: ${REMEDY}`);
}

/** Reads a request. Nest parses forms, too, on both platforms, so the type of the body is checked first. */
export function readNestRequest(request: NestRequest): AdapterRequest {
  const contentType = request.headers["content-type"];
  const adapted = readNodeRequest(pickHeaders(request), {
    ip: () => request.ip,
    parsed: request.body,
    form: () => takeForm(request.body, request.raw ?? request, contentType),
    body() {
      requireJson(contentType);
      return takeParsedBody(request, contentType, "leave Nest's own parser of JSON in place (bodyParser)");
    },
  });
  return { ...adapted, authRequest: () => request };
}

/** Sends an answer by the platform's adapter. An answer that has begun is ended, as Nest's own filter does. */
export function sendByPlatform(
  { httpAdapter }: HttpAdapterHost,
  target: unknown,
  { status, headers, cookies, body }: AdapterResponse,
): void {
  if (httpAdapter.isHeadersSent(target)) {
    httpAdapter.end(target);
    return;
  }
  for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(target, name, value);
  for (const cookie of cookies) httpAdapter.appendHeader(target, "Set-Cookie", cookie);
  httpAdapter.reply(target, body ?? undefined, status);
}

type ErrorHandler = (error: unknown, request: unknown, response: unknown, next: unknown) => unknown;

/**
 * Replaces the error of a body parser by our refusal before Nest sees it. Nest turns most such errors into exceptions
 * of its own before it calls the filters. Those no longer show where they come from, and their message may contain a
 * part of the body.
 */
export function translateParserErrors({ httpAdapter }: HttpAdapterHost): void {
  const setErrorHandler = httpAdapter?.setErrorHandler?.bind(httpAdapter);
  if (setErrorHandler === undefined) return; // This application has no HTTP.
  httpAdapter.setErrorHandler = (handle: ErrorHandler, prefix) => {
    // Express recognizes an error handler by its four parameters.
    const handleTranslated: ErrorHandler = (error, request, response, next) =>
      handle(readParserRefusal(error) ?? error, request, response, next);
    return setErrorHandler(handleTranslated, prefix);
  };
}
