import { Req, Res, type Type } from "@nestjs/common";
import type { HttpAdapterHost } from "@nestjs/core";
import type { FlowHandler } from "../handler.ts";
import { Public } from "./decorators.ts";
import { type NestRequest, readNestRequest, sendResponse } from "./http.ts";

/** A controller that answers by the platform's adapter. */
export interface HostOfRoute {
  /** Nest's own, which knows how the platform answers. */
  readonly host: HttpAdapterHost;
}

/** Adds a route that sends its answer itself, since Nest would give it a status of its own. */
export function addRoute(
  { prototype }: Type<HostOfRoute>,
  name: string,
  handle: FlowHandler,
  route: MethodDecorator,
): void {
  const descriptor = {
    async value(this: HostOfRoute, request: NestRequest, response: unknown): Promise<void> {
      sendResponse(this.host, response, await handle(readNestRequest(request)));
    },
  };
  Object.defineProperty(prototype, name, descriptor);
  Req()(prototype, name, 0);
  Res()(prototype, name, 1);
  Public()(prototype, name, descriptor);
  route(prototype, name, descriptor);
}
