import { isIPv4, isIPv6 } from "node:net";

const MAPPED = /^(?:0{1,4}:){5}ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * The part of an address that one person is likely to hold: all of an IPv4 address, also where it is written as IPv6
 * (RFC 4291 §2.5.5.2), and the first 64 bits of another IPv6 address (RFC 6177). Whatever is no address is `"unknown"`.
 */
export function addressGroup(address: unknown): string {
  if (typeof address !== "string") return "unknown";
  if (isIPv4(address)) return address;
  const [bare = ""] = address.toLowerCase().split("%");
  if (!isIPv6(bare)) return "unknown";
  const groups = groupsOf(bare);
  const [, high, low] = MAPPED.exec(groups.join(":")) ?? [];
  if (high !== undefined && low !== undefined) return dotted(high, low);
  return `${groups.slice(0, 4).map(withoutZeros).join(":")}::/64`;
}

/** The eight groups of an IPv6 address that {@link isIPv6} took. */
function groupsOf(address: string): string[] {
  const written = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...bytes) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = "", tail] = written.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  return [...front, ...Array<string>(8 - front.length - back.length).fill("0"), ...back];
}

function dotted(high: string, low: string): string {
  return [high, low]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 255])
    .join(".");
}

function withoutZeros(group: string): string {
  return group.replace(/^0+(?=.)/, "");
}
