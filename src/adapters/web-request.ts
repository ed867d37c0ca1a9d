import { refusePromise } from "../shared/promise.ts";

const REMEDY =
  "a handler of hallpass/fetch takes a web Request: give it c.req.raw in Hono, event.request in SvelteKit, " +
  "context.request in Astro, request of the arguments in React Router, event.req in h3 2 and toWebRequest(event) in " +
  "h3 1; for a request of Node's own there are hallpass/express, hallpass/koa, hallpass/fastify and, without a framework, " +
  "readNodeRequest of hallpass/adapter";

/**
 * Refuses anything but a web `Request`, since routers pass their handlers many kinds of objects. A `Request` is
 * recognized by its members: one of another realm or of another copy of undici is not an instance of this realm's
 * class.
 */
export function checkRequest(request: Request): void {
  const { headers, url, method } = (request ?? {}) as Partial<Request>;
  const isRequest = typeof headers?.get === "function" && typeof url === "string" && typeof method === "string";
  if (isRequest) return;
  refusePromise("what a handler of hallpass/fetch was given", request);
  throw new TypeError(REMEDY);
}
