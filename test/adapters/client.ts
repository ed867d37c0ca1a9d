import type { Server } from "node:http";
import { afterAll, beforeAll } from "vitest";
import { type House, houseOf } from "../support/flow.ts";
import { APPS, type App } from "./apps.ts";
import { type Answer, exchange } from "./exchange.ts";
import { NEST_APPS } from "./nest-apps.ts";
import { openStage, type Stage } from "./stage.ts";

/** Every adapter, by its name. */
export const ADAPTERS: readonly (readonly [name: string, app: App])[] = Object.entries({ ...APPS, ...NEST_APPS });

/** What takes the cookie of a refresh token away. */
export const TAKEN_AWAY = "__Host-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict";

export const json = ({ body }: Answer): Record<string, string> => JSON.parse(body) as Record<string, string>;

/** What a client sends to the application of a suite. */
interface Client {
  /** Puts a house behind the application, for the requests to come. */
  serve(house: House): Server;
  post(server: Server, path: string, body: object | null, headers?: readonly string[]): Promise<Answer>;
  /** Asks by an access token who that is, and gives the status. */
  me(server: Server, token: string | undefined): Promise<number>;
}

/** Opens an application before the tests of a suite, and closes it behind them. */
export function openClient(app: App): Client {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(app, houseOf().auth);
  });
  afterAll(() => stage.close());
  return {
    serve(house) {
      stage.put(house.auth);
      return stage.server;
    },
    post: (server, path, body, headers = []) =>
      exchange(server, {
        method: "POST",
        path,
        headers: [...(body === null ? [] : ["Content-Type", "application/json"]), ...headers],
        ...(body !== null && { body: JSON.stringify(body) }),
      }),
    me: async (server, token) =>
      (await exchange(server, { path: "/me", headers: ["Authorization", `Bearer ${token}`] })).status,
  };
}
