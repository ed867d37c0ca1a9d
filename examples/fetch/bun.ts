import { HOST, PORT } from "../shared/start.ts";
import { fetch } from "./handler.ts";

/** Bun serves what a file exports as its default. */
const server: { fetch: typeof fetch; hostname: string; port: number } = { fetch, hostname: HOST, port: PORT };
export default server;
