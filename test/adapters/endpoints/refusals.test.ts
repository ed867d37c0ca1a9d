import { describe, expect, it } from "vitest";
import { partOf } from "../../support/thorough.ts";
import { APPS, basic, FORM, openEndpoints, SECRET } from "./house.ts";

/** What both endpoints refuse, and the challenge that the answer has. */
const REFUSALS: readonly (readonly [
  what: string,
  body: string,
  headers: readonly string[],
  status: number,
  error: string,
  challenge: string | undefined,
])[] = [
  ["no client", "token=x", FORM, 401, "invalid_client", 'Basic realm="api"'],
  [
    "a wrong secret",
    "token=x",
    [...basic("reports", `${SECRET}!`), ...FORM],
    401,
    "invalid_client",
    'Basic realm="api"',
  ],
  ["an unknown client", "token=x", [...basic("nobody"), ...FORM], 401, "invalid_client", 'Basic realm="api"'],
  ["a malformed header", "token=x", ["Authorization", "Basic ???", ...FORM], 400, "invalid_request", undefined],
  ["a client that may not", "token=x", [...basic("guest"), ...FORM], 403, "forbidden", undefined],
  ["no body", "", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["no token", "tokens=x", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["an empty token", "token=", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["two tokens", "token=x&token=y", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["a token in brackets", "token[a]=x", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  ["a prototype", "__proto__[token]=x", [...basic("reports"), ...FORM], 400, "invalid_request", undefined],
  [
    "JSON",
    '{"token":"x"}',
    [...basic("reports"), "Content-Type", "application/json"],
    415,
    "invalid_request",
    undefined,
  ],
  ["text", "token=x", [...basic("reports"), "Content-Type", "text/plain"], 415, "invalid_request", undefined],
];

describe.each(APPS)("%s", (_name, app, nth) => {
  const { send } = openEndpoints(app);

  it.each(partOf(REFUSALS, nth, 2))(
    "refuses %s in the shape of OAuth, with a message as all our handlers",
    async (_what, body, headers, status, error, challenge) => {
      for (const path of ["/introspect", "/revoke"]) {
        const answer = await send(path, body, headers);
        expect(answer.status).toBe(status);
        const parsed = JSON.parse(answer.body);
        expect(parsed).toEqual({ error, error_description: expect.any(String), message: parsed.error_description });
        expect(parsed.error_description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
        expect(answer.headers["cache-control"]).toBe("no-store");
        if (challenge !== undefined) expect(answer.headers["www-authenticate"]).toBe(challenge);
      }
    },
  );
});
