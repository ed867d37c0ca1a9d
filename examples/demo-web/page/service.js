import { element, write } from "./dom.js";
import { send } from "./http.js";
import { time } from "./token.js";

const names = new Map();
let living = new Set();

/** Shows what the service knows. Gives the number of thefts that the service has noticed. */
export async function showService(devices) {
  const { status, data } = await send("GET", "/service");
  if (status !== 200) return 0;
  for (const { id, name, tokens } of devices) if (id !== "thief") names.set(tokens.sid, name);
  living = new Set(data.sessions.map(({ sid }) => sid));
  const sessions = data.sessions.map(({ sid, createdAt, lastUsedAt }) => {
    const refreshed = lastUsedAt === createdAt ? "" : `, refreshed at ${time(lastUsedAt)}`;
    return `${nameOf(sid)}: begun at ${time(createdAt)}${refreshed}.`;
  });
  const stolen = data.stolen.filter(({ sid }) => names.has(sid)); // without the thefts of another page
  const thefts = stolen.map(({ sid }) => `${nameOf(sid)}: a spent refresh token came again, so it was ended.`);
  fill("sessions", sessions, "None.");
  fill("thefts", thefts, "None so far.");
  return stolen.length;
}

/** Shows what a device holds, and whether the service still accepts it. */
export function showState(root, { tokens }) {
  const isOver = tokens.sid !== undefined && !living.has(tokens.sid);
  root.dataset.state = tokens.sid === undefined ? "none" : isOver ? "over" : "alive";
  write(root, { state: describeState(tokens, isOver) });
}

function describeState({ access, sid }, isOver) {
  if (sid === undefined) return "Holds no tokens";
  if (isOver) return `Holds tokens of ${shortSid(sid)}, which is over`;
  return access === undefined ? `Holds the refresh token of ${shortSid(sid)}` : `Logged in: ${shortSid(sid)}`;
}

function fill(list, texts, otherwise) {
  const items = texts.length > 0 ? texts.map((text) => element("li", text)) : [element("li", otherwise, "none")];
  document.getElementById(list).replaceChildren(...items);
}

function nameOf(sid) {
  return `${names.get(sid) ?? "Another page"}, ${shortSid(sid)}`;
}

function shortSid(sid) {
  return `session …${sid.slice(-4)}`;
}
