import type { Authenticator } from "../authenticator/authenticator.ts";
import { AuthError } from "../core/errors.ts";
import { checkFunction, checkOptions, type OptionNames } from "../shared/options.ts";

/** The options of handlers that need more than a `Request`. */
export interface FetchOptions<Rest extends unknown[] = []> {
  /**
   * Returns the client's address, by which a throttle counts. Each runtime has a way of its own to find it, so this
   * gets the request and whatever the router passes beside it. None by default: it is required where the authenticator
   * has a throttle. A request without an address is answered 503: if those were counted together, one client could lock
   * out the others.
   *
   * - Bun: `(request, server: Bun.Server) => server.requestIP(request)?.address`
   * - Deno: `(_request, info: Deno.ServeHandlerInfo) => info.remoteAddr.hostname`
   * - Hono on Node: `(_request, c: Context) => getConnInfo(c).remote.address`, of `@hono/node-server/conninfo`, with
   *   `app.post("/login", (c) => login(c.req.raw, c))`
   * - Cloudflare: `(request) => request.headers.get("cf-connecting-ip") ?? undefined`, a header that Cloudflare itself
   *   sets
   *
   * Behind a proxy of your own, read what that proxy wrote, never the leftmost entry of `X-Forwarded-For`, which the
   * client can write.
   */
  readonly address?: (request: Request, ...rest: Rest) => string | undefined;
}

const OPTIONS: OptionNames<FetchOptions> = { address: "optional" };

const returnNothing = (): undefined => undefined;

/** Reads no address, for handlers that don't count by it. */
export const readNoAddress = (): (() => undefined) => returnNothing;

/**
 * Gives a function that returns a request's address. If there is none, that function returns `undefined`, or throws if
 * a throttle needs the address. The method of the authenticator calls it, and so reports the outage to `onOutage`.
 */
export type AddressReader<Rest extends unknown[]> = (request: Request, ...rest: Rest) => () => string | undefined;

const REMEDY =
  "give { address }, on Bun (request, server) => server.requestIP(request)?.address, on Deno (request, info) => " +
  "info.remoteAddr.hostname, with Hono on Node (request, c) => getConnInfo(c).remote.address, on Cloudflare " +
  '(request) => request.headers.get("cf-connecting-ip") ?? undefined';

/** Checks the options of a route. It refuses a throttle that would have no address to count by. */
export function createAddressReader<Rest extends unknown[]>(
  verb: string,
  { throttled }: Pick<Authenticator, "throttled">,
  options: FetchOptions<Rest>,
  names: OptionNames<FetchOptions> = OPTIONS,
): AddressReader<Rest> {
  checkOptions(verb, options, names);
  const { address } = options;
  if (address === undefined) {
    if (throttled) throw new TypeError(`${verb}: the throttle counts by address, which no Request tells: ${REMEDY}`);
    return readNoAddress;
  }
  checkFunction(`${verb}: address`, address, "(request, server) => server.requestIP(request)?.address");
  return (request, ...rest) => {
    try {
      const ip = address(request, ...rest);
      if (typeof ip === "string" && ip !== "") return () => ip;
      if (throttled) throw new TypeError(`${verb}: address told no address, by which the throttle counts`);
      return returnNothing;
    } catch (cause) {
      return () => {
        throw new AuthError("unavailable", { cause });
      };
    }
  };
}
