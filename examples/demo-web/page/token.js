import { element, part, write } from "./dom.js";

/** Decodes an access token, as anybody can. Nothing is verified. */
export function readToken(token) {
  const [header, payload, signature] = token.split(".");
  return { header: decode(header), payload: decode(payload), signature };
}

function decode(segment) {
  const bytes = atob(segment.replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
}

/** Shows the parts of a device's access token; nothing if it has none. */
export function showToken(root, { access, refresh }) {
  for (const it of root.querySelectorAll(".token")) it.hidden = access === undefined;
  if (access === undefined) return;
  const { header, payload, signature } = readToken(access);
  const segments = access.split(".").map((text, at) => element("span", text, ["header", "payload", "signature"][at]));
  part(root, "raw").replaceChildren(segments[0], ".", segments[1], ".", segments[2]);
  const times = `Issued at ${time(payload.iat * 1_000)}, expires at ${time(payload.exp * 1_000)}.`;
  write(root, { header: pretty(header), payload: pretty(payload), times, signature, refresh: shorten(refresh) });
}

/** Shows how long a device's access token has to live. */
export function showClock(root, { access, expiresAt, lifetime }) {
  if (access === undefined) return;
  const left = Math.max(0, Math.ceil((expiresAt - Date.now()) / 1_000));
  write(root, { left: left > 0 ? `${left} s left` : "" });
  Object.assign(part(root, "bar"), { max: lifetime, value: left });
  const expired = left > 0 ? "" : "Expired";
  if (part(root, "expired").textContent !== expired) write(root, { expired }); // a screen reader announces each change
}

function pretty(value) {
  return JSON.stringify(value, null, 2);
}

/** Shortens a secret: what is left is enough to tell it from another, and too little to use it. */
export function shorten(secret) {
  return `${secret.slice(0, 6)}…${secret.slice(-4)}`;
}

/** Formats the time of day. */
export function time(date) {
  return new Date(date).toLocaleTimeString();
}
