import { Controller, Inject, Post, Req, Res, type Type } from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import type { FlowHandler } from "../handler.ts";
import { Public } from "./decorators.ts";
import { type NestRequest, readNestRequest, sendByPlatform } from "./http.ts";

/** A controller that sends its answers itself. */
export type SendingController = Type<{ readonly host: HttpAdapterHost }>;

/**
 * Makes a class a controller with a route for each handler, by its path.
 *
 * @param method - the decorator of the routes' method
 */
export function addRoutes(
  controller: SendingController,
  prefix: string,
  handlers: Readonly<Record<string, FlowHandler>>,
  method: (path: string) => MethodDecorator = Post,
): Type<object> {
  for (const [path, handle] of Object.entries(handlers)) addRoute(controller, path, handle, method(path));
  // These are called as functions, so that the package needs no compiler setting for decorators.
  Inject(HttpAdapterHost)(controller, undefined, 0);
  Controller(prefix)(controller);
  return controller;
}

/** Adds a route that sends its answer itself, since Nest would give it a status of its own. */
function addRoute({ prototype }: SendingController, path: string, handle: FlowHandler, route: MethodDecorator): void {
  const descriptor = {
    async value(this: { readonly host: HttpAdapterHost }, request: NestRequest, response: unknown): Promise<void> {
      sendByPlatform(this.host, response, await handle(readNestRequest(request)));
    },
  };
  Object.defineProperty(prototype, path, descriptor);
  Req()(prototype, path, 0);
  Res()(prototype, path, 1);
  Public()(prototype, path, descriptor);
  route(prototype, path, descriptor);
}
