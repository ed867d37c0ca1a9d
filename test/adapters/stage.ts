import type { Server } from "node:http";
import type { SessionAuthenticator } from "../../src/authenticator/authenticator.ts";
import type { App, Errors } from "./apps.ts";

/** An application that is made once, and the place of its guard, where others can stand in turn. */
export interface Stage {
  readonly server: Server;
  /** Puts what a guard has of its own over the authenticator's, for the requests to come. */
  put(own: object): void;
  close(): void;
}

/**
 * Opens a stage. To make an application takes longer than to ask it, and a route asks whoever is in the guard's place
 * when the request comes, so that one application serves the guards of many tests.
 */
export async function openStage(app: App, auth: object, errors?: Errors): Promise<Stage> {
  const place: object = { ...auth };
  const server = await app(place as SessionAuthenticator, errors);
  return {
    server,
    put(own) {
      for (const name of Reflect.ownKeys(place)) Reflect.deleteProperty(place, name);
      Object.assign(place, auth, own);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
