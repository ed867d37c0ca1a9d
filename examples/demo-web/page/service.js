import { element, write } from "./dom.js";
import { send } from "./http.js";
import { time } from "./token.js";

const names = new Map();
let living = new Set();

/** Looks at what the service knows, and shows it. Answers with the number of thefts that it has noticed. */
export async function showService(devices) {
  const { status, data } = await send("GET", "/service");
  if (status !== 200) return 0;
  for (const { id, name, tokens } of devices) if (id !== "thief") names.set(tokens.sid, name);
  living = new Set(data.sessions.map(({ sid }) => sid));
  const sessions = data.sessions.map(({ sid, createdAt, lastUsedAt }) => {
    const refreshed = lastUsedAt === createdAt ? "" : `, refreshed at ${time(lastUsedAt)}`;
    return `${nameOf(sid)}: begun at ${time(createdAt)}${refreshed}.`;
  });
  const stolen = data.stolen.filter(({ sid }) => names.has(sid)); // another page may have had its own
  const thefts = stolen.map(({ sid }) => `${nameOf(sid)}: a spent refresh token came again, so it was ended.`);
  fill("sessions", sessions, "None.");
  fill("thefts", thefts, "None so far.");
  return stolen.length;
}

/** Says what a device holds, and whether the service still takes it. */
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
