import { once } from "node:events";
import { WebSocket } from "ws";
import { HOST, PORT } from "../shared/start.ts";

const [origin = `http://${HOST}:${PORT}`] = process.argv.slice(2);

const answer = await fetch(`${origin}/login`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ login: "reader@example.com", password: "correct horse battery staple" }),
});
const { access_token } = (await answer.json()) as { access_token: string };

// As a browser does it; there, WebSocket needs no import.
const socket = new WebSocket(origin.replace("http", "ws"), ["chat", `bearer.${access_token}`]);
socket.addEventListener("message", ({ data }) => console.log(data));
socket.addEventListener("close", ({ code, reason }) => console.log(`closed: ${code} ${reason}`));

await once(socket, "open");
socket.send("good morning");
await once(socket, "message");
await fetch(`${origin}/logout`, { method: "POST", headers: { Authorization: `Bearer ${access_token}` } });
