const SHOWN = ["Content-Type", "Cache-Control", "WWW-Authenticate", "Retry-After"];

/** Sends a request, and gives the request and its answer. A status of 0 means that there was no answer. */
export async function send(method, path, { token, body } = {}) {
  const headers = {};
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const sent = { method, path, headers, body };
  try {
    const response = await fetch(path, { method, headers, body: JSON.stringify(body) });
    const text = await response.text();
    const shown = SHOWN.filter((name) => response.headers.has(name)).map((name) => [name, response.headers.get(name)]);
    const { status, statusText } = response;
    return { ...sent, status, statusText, answer: Object.fromEntries(shown), data: text && JSON.parse(text) };
  } catch {
    return {
      ...sent,
      status: 0,
      statusText: "No answer",
      answer: {},
      data: { message: "The demo seems to have ended" },
    };
  }
}
