import { AuthError, createRequestError } from "../core/errors.ts";
import type { Credential, ShownIdentity } from "../guard/credential.ts";
import { assert } from "../shared/assert.ts";
import { isRecord } from "../shared/object.ts";
import { checkFunction, checkMethods, checkOptions, checkText, type OptionNames } from "../shared/options.ts";
import { refusePromise } from "../shared/promise.ts";
import { areStrings, isText } from "../shared/text.ts";
import type { OneTimeResult } from "./record.ts";
import type { OneTimeTokens } from "./tokens.ts";

/** What a ticket says about its user beside the id. */
export type TicketIdentity = Pick<ShownIdentity, "scopes" | "sid">;

/** The options of a {@link ticket}. */
export interface TicketOptions<Data = unknown> {
  /** The parameter of the query that it comes in. `"ticket"` by default. */
  readonly parameter?: string;
  /** Gives the scopes and the session that a ticket stands for. None by default. */
  readonly identity?: (issued: OneTimeResult<Data>) => TicketIdentity | Promise<TicketIdentity>;
}

const OPTIONS: OptionNames<TicketOptions> = { parameter: "optional", identity: "optional" };

/**
 * Makes the credential of a ticket in the query of a URL, for a WebSocket, an EventSource or a download, where a
 * browser can set no header. A ticket is valid once. Give it a lifetime of seconds, since URLs are logged.
 *
 * `identity.claims` is the data that the ticket was issued with. With a blocklist, a ticket is refused once its session
 * is logged out, and once its user is logged out everywhere. Issue it to the identity of the request: it is then as old
 * as that request's token. A ticket for a user's id is as old as itself, so it is also refused for one `clockTolerance`
 * after a log-out everywhere, and is good after one that came while the request was being handled.
 *
 * A guard takes the ticket last, once `identity` and the blocklist have answered. So a request that an outage of these
 * refuses with 503 can be sent again with the same ticket. Of any number of requests with one ticket, one is let in.
 *
 * @throws TypeError when an option is misspelt or of the wrong type
 *
 * @example
 * ```ts
 * const tickets = createOneTimeTokens<{ sid: string | null }>({ store, purpose: "socket", lifetime: "30s" });
 * const guard = createGuard({ credentials: [ticket(tickets, { identity: ({ data }) => ({ sid: data.sid }) })] });
 *
 * const { token } = await tickets.issue(identity, { sid: identity.sid }); // wss://api.example.com/feed?ticket=…
 * ```
 */
export function ticket<Data>(
  tickets: Pick<OneTimeTokens<Data>, "find" | "consume">,
  options: TicketOptions<Data> = {},
): Credential<Data> {
  checkMethods("ticket: the first argument", tickets, ["find", "consume"], "createOneTimeTokens({ store, purpose })");
  checkOptions("ticket", options, OPTIONS);
  const { parameter = "ticket", identity = addNoMembers } = options;
  checkText("ticket: parameter", parameter);
  checkFunction("ticket: identity", identity, "({ data }) => ({ scopes: data.scopes })");
  return Object.freeze({
    name: "ticket",
    place: `query ${parameter}`,
    read(request) {
      const [shown = null, ...others] = request.query(parameter);
      if (others.some((it) => it !== shown)) throw createRequestError(`several parameters of the name ${parameter}`);
      return shown;
    },
    async verify(shown, _request, defer) {
      const issued = refuseNull(await tickets.find(shown));
      const { scopes, sid } = readTicketIdentity(await identity(issued));
      const take = async () => void refuseNull(await tickets.consume(shown));
      if (defer === undefined) await take();
      else defer(take);
      const revocation = { jti: null, issuedAt: issued.credentialIssuedAt ?? issued.issuedAt };
      return { userId: issued.userId, claims: issued.data, scopes, sid, revocation };
    },
  } satisfies Credential<Data>);
}

const WORTHLESS = "the ticket is unknown, was used, has expired, or another one was issued after it";

function refuseNull<T>(issued: T | null): T {
  if (issued === null) throw new AuthError("invalid_token", { cause: new Error(WORTHLESS) });
  return issued;
}

/**
 * Reads what the application's `identity` answered. Without this check, a scope that is a promise would be one that no
 * rule asks for.
 *
 * @throws TypeError, which is an outage to the guard
 */
function readTicketIdentity(answer: unknown): Required<TicketIdentity> {
  assert(isRecord(answer), "ticket: identity must answer with a plain object, { scopes, sid }");
  const { scopes = [], sid = null } = answer as Partial<TicketIdentity>;
  for (const it of [scopes, sid].flat()) refusePromise("a part of a ticket's identity", it);
  assert(areStrings(scopes), "ticket: identity: scopes must be a list of strings");
  assert(sid === null || isText(sid), "ticket: identity: sid must be a session's id, or null");
  return { scopes, sid };
}

function addNoMembers(): TicketIdentity {
  return {};
}
