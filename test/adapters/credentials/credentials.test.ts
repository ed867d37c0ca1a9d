import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AuthErrorCode, REFUSALS } from "../../../src/core/errors.ts";
import { houseOf } from "../../support/flow.ts";
import { partOf } from "../../support/thorough.ts";
import { APPS } from "../apps.ts";
import { COLUMNS, type Column, LOST, REVOKED, type Shown, SLOW } from "../credentials.ts";
import { exchange } from "../exchange.ts";
import { NEST_APPS } from "../nest-apps.ts";
import { openStage, type Stage } from "../stage.ts";

/** What a row sends, and what it is answered with: `undefined` where it is let in. */
interface Row {
  readonly shown: (column: Column) => Shown | Promise<Shown> | undefined;
  readonly path?: string;
  readonly method?: string;
  /** Headers beside those that show the credential. */
  readonly headers?: readonly string[];
  readonly code?: AuthErrorCode | ((column: Column) => AuthErrorCode | undefined);
  /** What the challenge says beside the reason. */
  readonly needs?: string;
  readonly body?: string;
}

const good = (column: Column): Shown | Promise<Shown> => column.good("user-1");
const FAR = ["Origin", "https://evil.example.com"];
const UPGRADE = ["Upgrade", "websocket", "Connection", "Upgrade"];
const refuseAmbient = ({ isAmbient }: Column): AuthErrorCode | undefined =>
  isAmbient ? "cross_site_request" : undefined;

const TABLE: Readonly<Record<string, Row>> = {
  "a good one": { shown: good, body: '{"id":"user-1","same":true}' },
  none: { shown: () => ({}), code: "missing_token" },
  "one that is nothing": { shown: ({ nonsense }) => nonsense(), code: "invalid_token" },
  "a malformed one": { shown: ({ malformed }) => malformed?.(), code: "invalid_request" },
  "a forged one": { shown: ({ forged }) => forged(), code: "invalid_token" },
  "an expired one": { shown: ({ expired }) => expired(), code: ({ expiredCode }) => expiredCode ?? "expired" },
  "a revoked one": { shown: showListed(REVOKED), code: "revoked" },
  "two of the kind": { shown: ({ twice }) => twice(), code: "invalid_request" },
  "two of two kinds": { shown: showTwo, code: "invalid_request" },
  "a good one, optional": { shown: good, path: "/feed", body: '{"personal":true}' },
  "none, optional": { shown: () => ({}), path: "/feed", body: '{"personal":false}' },
  "a forged one, optional": { shown: ({ forged }) => forged(), path: "/feed", code: "invalid_token" },
  "an outage, optional": { shown: showListed(LOST), path: "/feed", code: "unavailable" },
  "enough scope": { shown: good, path: "/read" },
  "a missing scope": { shown: good, path: "/write", code: "insufficient_scope", needs: ', scope="read write"' },
  "a rule that says yes": { shown: good, path: "/rules/fits" },
  "a rule that says yes later": { shown: good, path: "/rules/fitsLater" },
  "a rule that says no": { shown: good, path: "/rules/forbids", code: "forbidden" },
  "a rule that says no later": { shown: good, path: "/rules/forbidsLater", code: "forbidden" },
  "a proof that is not fresh": {
    shown: good,
    path: "/rules/fresh",
    code: "insufficient_user_authentication",
    needs: ', max_age="300", acr_values="silver gold"',
  },
  "a fresh proof": { shown: ({ fresh }) => fresh?.(), path: "/rules/fresh" },
  "a rule that throws": { shown: good, path: "/rules/throws", code: "unavailable" },
  "a rule that hangs": { shown: good, path: "/rules/hangs", code: "unavailable" },
  "a rule that lies": { shown: good, path: "/rules/lies", code: "unavailable" },
  "a rule, and no credential": { shown: () => ({}), path: "/rules/throws", code: "missing_token" },
  "a rule that throws, and a forged one": {
    shown: ({ forged }) => forged(),
    path: "/rules/throws",
    code: "invalid_token",
  },
  "a store that is down": { shown: showListed(LOST), code: "unavailable" },
  "a store that hangs": { shown: showListed(SLOW), code: "unavailable" },
  "a page of another origin that reads": { shown: good, headers: FAR },
  "a page of another origin that posts": { shown: good, method: "POST", headers: FAR, code: refuseAmbient },
  "a page of another site that posts": {
    shown: good,
    method: "POST",
    headers: ["Sec-Fetch-Site", "cross-site"],
    code: refuseAmbient,
  },
  "a page of another origin that opens a WebSocket": {
    shown: good,
    headers: [...FAR, ...UPGRADE],
    code: refuseAmbient,
  },
  "a page of its own that posts": { shown: good, method: "POST", headers: ["Sec-Fetch-Site", "same-origin"] },
  "a page of its own that opens a WebSocket": { shown: good, headers: ["Sec-Fetch-Site", "same-origin", ...UPGRADE] },
  "no page that posts": { shown: good, method: "POST" },
};

function showTwo({ good, other }: Column): Promise<Shown> | undefined {
  const show = async (): Promise<Shown> => {
    const shown = await good("user-1");
    return { ...shown, headers: [...(shown.headers ?? []), ...(other?.headers ?? [])] };
  };
  return other === undefined ? undefined : show();
}

/** Shows a user whose lookup in the blocklist goes wrong, where there is one. */
function showListed(userId: string): Row["shown"] {
  return ({ asksNobody = false, good }) => (asksNobody ? undefined : good(userId));
}

/** Those of the rows that a column can fill. */
function listRows(column: Column, rows: readonly [string, Row][]): [string, Row][] {
  return rows.filter(([, { shown }]) => shown(column) !== undefined);
}

/** Writes the challenge that a column's guard has for a code, where that has one. */
function writeChallenge(column: Column, code: AuthErrorCode, needs = ""): string | undefined {
  const [, kind, message] = REFUSALS[code];
  if (kind === null) return undefined;
  const { challenge = { scheme: "Bearer" }, usual = challenge } = column;
  const isKnown = code !== "missing_token" && code !== "invalid_request";
  const { scheme, parameters = "", further = "" } = isKnown ? challenge : usual;
  const error = kind === true ? code : kind;
  const reason = kind === "realm" ? "" : `, error="${error}", error_description="${message}"`;
  const said = code === "insufficient_scope" ? needs + parameters : parameters + needs;
  return `${scheme} realm="api"${reason}${said}${further}`;
}

const { auth } = houseOf();

const ADAPTERS = Object.entries({ ...APPS, ...NEST_APPS });
const CREDENTIALS = Object.entries(COLUMNS);
const ROWS = Object.entries(TABLE);

describe.each(ADAPTERS.map(([name, app], nth) => [name, app, nth] as const))("%s", (_name, app, adapter) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(app, auth, { log: () => {} });
  });
  afterAll(() => stage.close());

  describe.each(CREDENTIALS.map(([name, it], nth) => [name, it, nth] as const))(
    "with %s",
    (_name, column, credential) => {
      beforeAll(() => stage.put(column.guard));

      // Of situations, columns and frameworks the part has each pair that there is.
      it.each(listRows(column, partOf(ROWS, adapter + credential, 9)))("answers %s", async (_situation, row) => {
        const { path = "/me", method = "GET", needs } = row;
        const { headers = [], query = "", prove } = (await row.shown(column)) as Shown;
        const all = [...headers, ...(prove?.(method, path) ?? []), ...(row.headers ?? [])];
        const sent = { method, path: path + query, headers: all };
        const answer = await exchange(stage.server, sent);
        const code = typeof row.code === "function" ? row.code(column) : row.code;
        expect(answer.headers["www-authenticate"]).toBe(code && writeChallenge(column, code, needs));
        expect(answer.headers["retry-after"]).toBe(code === "unavailable" ? "5" : undefined);
        expect(answer.status).toBe(code === undefined ? 200 : REFUSALS[code][0]);
        if (code !== undefined) expect(JSON.parse(answer.body)).toEqual({ error: code, message: REFUSALS[code][2] });
        else if (row.body !== undefined) expect(answer.body).toBe(row.body);
        expect(answer.body + JSON.stringify(answer.headers)).not.toMatch(/secret-host|the application's own/);
      });
    },
  );
});

it("each column fills the table, or leaves out what it can't show", () => {
  const all = Object.keys(TABLE);
  const missing = Object.fromEntries(
    Object.entries(COLUMNS).map(([name, column]) => {
      const rows = listRows(column, ROWS).map(([situation]) => situation);
      return [name, all.filter((situation) => !rows.includes(situation))];
    }),
  );
  expect(missing).toEqual({
    "a Bearer token": ["two of two kinds"],
    "a Bearer token that nobody is asked about": [
      "a revoked one",
      "two of two kinds",
      "an outage, optional",
      "a store that is down",
      "a store that hangs",
    ],
    "a Bearer token of another issuer": [],
    "a token in a cookie": ["a malformed one"],
    "a credential of the application's own": ["two of two kinds"],
    "the same beside a cookie": [],
    "a ticket": ["a malformed one", "a fresh proof"],
    "an API key": ["a fresh proof"],
    "a token that is bound to a key": ["two of two kinds"],
    "the same beside others": [],
  });
});
