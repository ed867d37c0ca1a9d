import { serve } from "@hono/node-server";
import { announce, HOST, PORT } from "../shared/start.ts";
import { fetch } from "./handler.ts";

// Node's own http server has no Request and no Response, so the package translates.
announce(serve({ fetch, hostname: HOST, port: PORT }));
