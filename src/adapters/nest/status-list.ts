import { All, type Type } from "@nestjs/common";
import type { HttpAdapterHost } from "@nestjs/core";
import type { StatusList } from "../../status-list/status-list.ts";
import { handleStatusList } from "../status-list.ts";
import { addRoutes } from "./routes.ts";

/**
 * Makes a controller that publishes status lists (draft-ietf-oauth-status-list-21 §8.1), as `statusList` of the other
 * adapters does. Anybody may read them.
 *
 * @param prefix - the path in front of the numbers of the lists: that of the lists' `uri`
 * @throws TypeError when it is given anything but a status list
 *
 * @example
 * ```ts
 * @Module({ controllers: [createStatusListController(statusList, "statuslists")] })
 * class AppModule {}
 * ```
 */
export function createStatusListController(statusList: StatusList, prefix: string, ...extra: []): Type<object> {
  class StatusListController {
    constructor(readonly host: HttpAdapterHost) {}
  }
  return addRoutes(StatusListController, prefix, { ":list": handleStatusList(statusList, ...extra) }, All);
}
