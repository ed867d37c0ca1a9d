import { copyOf, part, write } from "./dom.js";
import { shorten } from "./token.js";

/** Shows a request and its answer above the earlier ones, which it collapses. */
export function showExchange(list, exchange) {
  const { method, path, headers, body, status, statusText, answer, data } = exchange;
  const item = copyOf("exchange");
  write(item, {
    request: `${method} ${path}`,
    status: status || "none",
    sent: message(`${method} ${path}`, headers, body),
    answered: message(status === 0 ? statusText : `${status} ${statusText}`, answer, data),
  });
  part(item, "status").classList.add(status >= 200 && status < 300 ? "good" : "bad");
  for (const before of list.querySelectorAll("details")) before.open = false;
  list.querySelector(".none")?.remove();
  list.prepend(item);
}

function message(first, headers, body) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${hideToken(value)}`);
  const text = body ? ["", JSON.stringify(body, hideSecret, 2)] : [];
  return [first, ...lines, ...text].join("\n");
}

function hideToken(value) {
  return value.replace(/^Bearer (eyJ.*)$/, (_, token) => `Bearer ${shorten(token)}`);
}

function hideSecret(name, value) {
  if (name === "password") return "••••••";
  return name.endsWith("_token") && value ? shorten(value) : value;
}
