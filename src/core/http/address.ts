import { MAX_ADDRESS_LENGTH } from "../../shared/limits.ts";

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6 = /^[\da-f:.]{2,45}$/i;
/** What stands before an IPv4 address: as IPv6 maps it, and as translators do (RFC 6052 §2.1, RFC 7915). */
const BEFORE_IPV4: ReadonlySet<string> = new Set(["0:0:0:0:0:ffff", "64:ff9b:0:0:0:0", "0:0:0:0:ffff:0"]);

/** An address in brackets, or an IPv4 one, with the port that some proxies write behind it. */
const WITH_PORT = /^(?:\[([^[\]]*)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]{1,64}))?$/;

/** An element of a `Forwarded` header (RFC 7239 §4), or what stands behind its `for=`. */
const FORWARDED = /^(?:[^,]*;)?\s*for\s*=\s*("[^"\\]*"|[^";,\s]*)\s*(?:;[^,]*)?$/i;

/** An address without what proxies write around it: space, quotes, `for=`, brackets and a port. */
function bareAddress(text: string): string {
  const trimmed = text.trim();
  const node = (FORWARDED.exec(trimmed)?.[1] ?? trimmed).replace(/^"(.*)"$/, "$1");
  const [, ipv6, ipv4] = WITH_PORT.exec(node) ?? [];
  return ipv6 ?? ipv4 ?? node;
}

/**
 * The part of an address that one person is likely to hold: all of an IPv4 address, also where it is written as IPv6
 * (RFC 4291 §2.5.5.2), and the first 64 bits of another IPv6 address (RFC 6177). It is read out of what proxies
 * commonly write: with a port, in brackets, as a `Forwarded` element (RFC 7239). Whatever is no address, such as a list
 * of several, is `"unknown"`.
 */
export function addressGroup(given: unknown): string {
  if (typeof given !== "string" || given.length > MAX_ADDRESS_LENGTH) return "unknown";
  const address = bareAddress(given);
  if (IPV4.test(address)) return hostOf(address) === address ? address : "unknown";
  const bare = address.replace(/%.*/s, ""); // without its zone
  const host = IPV6.test(bare) ? hostOf(`[${bare}]`) : null;
  if (host === null) return "unknown";
  const groups = groupsOf(host.slice(1, -1));
  if (BEFORE_IPV4.has(groups.slice(0, 6).join(":"))) return groups.slice(6).flatMap(bytesOf).join(".");
  return `${groups.slice(0, 4).join(":")}::/64`;
}

const SHARES = 16;

/**
 * What attempts from an address are counted by. For IPv4 that is its group. Whoever has an IPv6 /48 has 65,536 groups,
 * and would have as many limits: they are put into 16 shares, so that a /48 is allowed what 16 addresses are.
 *
 * A share counts all that its groups do, so that none of them is counted by itself beside it.
 */
export function addressShare(address: unknown): string {
  const group = addressGroup(address);
  const [first, second, third, subnet] = group.split(":");
  if (subnet === undefined) return group;
  return `${first}:${second}:${third}::/48#${shareOf(Number.parseInt(subnet, 16))}`;
}

/** All four digits count: sites number their subnets from 0, and providers give each customer the first of many. */
function shareOf(subnet: number): number {
  return (subnet ^ (subnet >> 4) ^ (subnet >> 8) ^ (subnet >> 12)) % SHARES;
}

/**
 * The one spelling of a host, by the rules of URLs; `null` for what is no host. `node:net` would bring all of its
 * streams.
 */
function hostOf(host: string): string | null {
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return null;
  }
}

/** The eight groups of an IPv6 address in its one spelling (RFC 5952). */
function groupsOf(address: string): string[] {
  const [front = [], back = []] = address.split("::").map((half) => half.split(":").filter(Boolean));
  return [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
}

function bytesOf(group: string): number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 255];
}
