import { MAX_ADDRESS_LENGTH } from "../../shared/limits.ts";

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6 = /^[\da-f:.]{2,45}$/i;
/**
 * The IPv6 prefixes of an embedded IPv4 address: the mapped form, and those of translators (RFC 6052 §2.1, RFC 7915).
 */
const IPV4_PREFIXES: ReadonlySet<string> = new Set(["0:0:0:0:0:ffff", "64:ff9b:0:0:0:0", "0:0:0:0:ffff:0"]);

/** An address in brackets, or an IPv4 address, with the port that some proxies append. */
const WITH_PORT = /^(?:\[([^[\]]*)\]|([\d.]+))(?::(?:\d{1,5}|_[\w.-]{1,64}))?$/;

/** An element of a `Forwarded` header (RFC 7239 §4). It captures the value of `for=`. */
const FORWARDED = /^(?:[^,]*;)?\s*for\s*=\s*("[^"\\]*"|[^";,\s]*)\s*(?:;[^,]*)?$/i;

/** Strips what proxies write around an address: space, quotes, `for=`, brackets and a port. */
function unwrapAddress(text: string): string {
  const trimmed = text.trim();
  const node = (FORWARDED.exec(trimmed)?.[1] ?? trimmed).replace(/^"(.*)"$/, "$1");
  const [, ipv6, ipv4] = WITH_PORT.exec(node) ?? [];
  return ipv6 ?? ipv4 ?? node;
}

/**
 * Finds the part of an address that one person is likely to hold: all of an IPv4 address, even if it is written as IPv6
 * (RFC 4291 §2.5.5.2), and the first 64 bits of any other IPv6 address (RFC 6177). The address may be written as
 * proxies commonly write it: with a port, in brackets, as a `Forwarded` element (RFC 7239).
 *
 * @returns `"unknown"` for anything that is not one address, such as a list of them
 */
export function findAddressGroup(given: unknown): string {
  if (typeof given !== "string" || given.length > MAX_ADDRESS_LENGTH) return "unknown";
  const address = unwrapAddress(given);
  if (IPV4.test(address)) return normaliseHost(address) === address ? address : "unknown";
  const bare = address.replace(/%.*/s, ""); // without its zone
  const host = IPV6.test(bare) ? normaliseHost(`[${bare}]`) : null;
  if (host === null) return "unknown";
  const groups = expandGroups(host.slice(1, -1));
  if (IPV4_PREFIXES.has(groups.slice(0, 6).join(":"))) return groups.slice(6).flatMap(splitBytes).join(".");
  return `${groups.slice(0, 4).join(":")}::/64`;
}

const SHARES = 16;

/**
 * Finds the name under which attempts from an address are counted. For IPv4 that is its group. The holder of an IPv6
 * /48 has 65,536 groups, and would have as many limits. So the groups of a /48 are divided into 16 shares: a /48 is
 * allowed as much as 16 addresses.
 *
 * A share counts the attempts of all its groups together.
 */
export function findAddressShare(address: unknown): string {
  const group = findAddressGroup(address);
  const [first, second, third, subnet] = group.split(":");
  if (subnet === undefined) return group;
  return `${first}:${second}:${third}::/48#${chooseShare(Number.parseInt(subnet, 16))}`;
}

/**
 * Chooses the share of a subnet. All four hex digits count: sites number their subnets from 0, and providers give each
 * customer the first subnet of a block.
 */
function chooseShare(subnet: number): number {
  return (subnet ^ (subnet >> 4) ^ (subnet >> 8) ^ (subnet >> 12)) % SHARES;
}

/**
 * Writes a host in its canonical spelling, by the rules of URLs; `null` where it is not a host. Importing `node:net`
 * for this would load all of its streams.
 */
function normaliseHost(host: string): string | null {
  try {
    return new URL(`http://${host}`).hostname;
  } catch {
    return null;
  }
}

/** Expands an IPv6 address, in its canonical spelling (RFC 5952), to its eight groups. */
function expandGroups(address: string): string[] {
  const [front = [], back = []] = address.split("::").map((half) => half.split(":").filter(Boolean));
  return [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
}

function splitBytes(group: string): number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 255];
}
