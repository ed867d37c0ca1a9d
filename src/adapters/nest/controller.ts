import type { Type } from "@nestjs/common";
import type { HttpAdapterHost } from "@nestjs/core";
import type { Authenticator, RevokingAuthenticator, SessionAuthenticator } from "../../authenticator/authenticator.ts";
import type { User } from "../../stores/contract.ts";
import { checkNothingElse } from "../checks.ts";
import { handleChangePassword, handleLogin, handleLogout, handleRefresh } from "../flow.ts";
import type { FlowHandler } from "../handler.ts";
import { addRoutes } from "./routes.ts";

/**
 * Makes a controller with the routes of the flow: `POST /login`, and those of `POST /refresh`, `POST /logout` and
 * `POST /password` that the authenticator supports. They read JSON and answer as the other adapters' handlers do.
 *
 * @param prefix - the path in front of the routes, such as `"auth"`. None by default.
 * @throws TypeError when `auth` is not an authenticator
 *
 * @example
 * ```ts
 * @Module({ imports: [HallpassModule.forRoot({ guard: auth })], controllers: [createAuthController(auth, "auth")] })
 * class AppModule {}
 * ```
 */
export function createAuthController<Claims, U extends User>(
  auth: Authenticator<Claims, U>,
  prefix: string = "",
  ...extra: []
): Type<object> {
  checkNothingElse("createAuthController", extra, "@Rules()");
  class AuthController {
    constructor(readonly host: HttpAdapterHost) {}
  }
  return addRoutes(AuthController, prefix, createHandlers(auth));
}

/** Makes a handler for each path that the authenticator can serve. */
function createHandlers<Claims, U extends User>(auth: Authenticator<Claims, U>): Readonly<Record<string, FlowHandler>> {
  const login = handleLogin(auth);
  if (!("logout" in auth)) return { login };
  const revoking = auth as RevokingAuthenticator<Claims, U>;
  const handlers = { login, logout: handleLogout(revoking), password: handleChangePassword(revoking) };
  if (!("refresh" in auth)) return handlers;
  return { ...handlers, refresh: handleRefresh(auth as SessionAuthenticator<Claims, U>) };
}
