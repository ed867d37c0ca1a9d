/**
 * The session of a page. The access token is in a variable, which a reload forgets. The refresh token is in a cookie that
 * no script can read, and which the browser sends with every request here.
 */
let accessToken = null;
let refreshing = null;

/** Logs in; answers whether the password was right. */
export async function logIn(login, password) {
  return keepToken(await post("/login", { login, password }));
}

/** Gets the next access token; answers whether there is a session. Concurrent callers share one request. */
export function refresh() {
  refreshing ??= post("/refresh")
    .then(keepToken)
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

/** Ends the session. The server clears the cookie. */
export async function logOut() {
  const response = await post("/logout");
  // A 401 says that the session had ended already. After anything else, the button may be pressed again.
  if (!response.ok && response.status !== 401) throw new Error(`the log-out was answered ${response.status}`);
  accessToken = null;
}

/** Fetches what is protected. When the access token has expired, it refreshes and asks once more. */
export async function fetchProtected(path) {
  const response = await send(path);
  if (response.status !== 401 || !(await refresh())) return response;
  return send(path);
}

function send(path) {
  return fetch(path, { headers: accessToken === null ? {} : { Authorization: `Bearer ${accessToken}` } });
}

function post(path, body) {
  const json = body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return fetch(path, { method: "POST", ...json });
}

/** Keeps the token of an answer; a 401 drops it. Any other refusal throws: after a 503, a later try may succeed. */
async function keepToken(response) {
  if (response.ok) {
    accessToken = (await response.json()).access_token;
    return true;
  }
  if (response.status !== 401) throw new Error(`the server answered ${response.status}`);
  accessToken = null;
  return false;
}
