import express from "express";
import { errorHandler, login, logout } from "hallpass/express";
import { auth } from "../shared/auth.ts";
import { announce, HOST, PORT } from "../shared/start.ts";
import { acceptSockets } from "./sockets.ts";

const app = express();
app.post("/login", express.json(), login(auth));
app.post("/logout", express.json(), logout(auth));
app.use(errorHandler({ log: (error, req) => console.error(req.url, error) }));

const server = app.listen(PORT, HOST);
server.on("upgrade", acceptSockets(auth));
announce(server);
