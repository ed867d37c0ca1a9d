import { serve } from "@hono/node-server";
import { announce, HOST, PORT } from "../shared/start.ts";
import { fetch } from "./handler.ts";

// Node's own http server, which knows no Request and no Response: the package translates.
announce(serve({ fetch, hostname: HOST, port: PORT }));
