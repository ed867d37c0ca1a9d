import { describe, expect, it } from "vitest";
import { findAddressGroup, findAddressShare } from "../../../src/core/http/address.ts";
import { runs } from "../../support/thorough.ts";

it.each<readonly [unknown, string]>([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:c000:0201", "192.0.2.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["0000:0000:0000:0000:0000:ffff:c000:0201", "192.0.2.1"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:0DB8:0:0:ffff:ffff:ffff:ffff", "2001:db8:0:0::/64"],
  ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["1:2:3:4:5:6:7::", "1:2:3:4::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["64:ff9b::192.0.2.1", "192.0.2.1"],
  ["::ffff:0:192.0.2.1", "192.0.2.1"],
  ["203.0.113.9:50001", "203.0.113.9"],
  [" 203.0.113.9 ", "203.0.113.9"],
  ["[2001:db8::1]", "2001:db8:0:0::/64"],
  ["[2001:db8::1]:443", "2001:db8:0:0::/64"],
  ["[fe80::1%eth0]:443", "fe80:0:0:0::/64"],
  ["[::ffff:192.0.2.1]:1", "192.0.2.1"],
  ['"[2001:db8::1]:4711"', "2001:db8:0:0::/64"],
  ["192.0.2.1:_hidden", "192.0.2.1"],
  ["for=192.0.2.60", "192.0.2.60"],
  ['For="192.0.2.60:80"', "192.0.2.60"],
  ["proto=http; for=192.0.2.60 ;by=203.0.113.43", "192.0.2.60"],
  ['for="[2001:db8:cafe::17]:4711";proto=https', "2001:db8:cafe:0::/64"],
  ["for=_hidden", "unknown"],
  ["for=unknown", "unknown"],
  ["unknown", "unknown"],
  ["192.0.2.1, 203.0.113.9", "unknown"],
  ["for=192.0.2.1, for=203.0.113.9", "unknown"],
  ["by=192.0.2.1", "unknown"],
  ["192.0.2.1:", "unknown"],
  ["192.0.2.1:123456", "unknown"],
  ["[192.0.2.1]x", "unknown"],
  ["[[2001:db8::1]]", "unknown"],
  [`${" ".repeat(300)}192.0.2.1`, "unknown"],
  ["192.0.2.256", "unknown"],
  ["192.0.2.01", "unknown"],
  ["192.0.2", "unknown"],
  ["x".repeat(1_000_000), "unknown"],
  ["", "unknown"],
  [undefined, "unknown"],
  [1, "unknown"],
  [{ toString: () => "192.0.2.1" }, "unknown"],
])("%s is of %s", (address, group) => {
  expect(findAddressGroup(address)).toBe(group);
});

describe("the share that an address is counted by", () => {
  const hex = (subnet: number): string => subnet.toString(16);
  const all = (prefix: string, step = 1) =>
    Array.from({ length: 65_536 / step }, (_, n) => findAddressShare(`${prefix}:${hex(n * step)}::1`));
  const sharesOfOne = all("2001:db8:1");

  it.each(["192.0.2.1", "::ffff:192.0.2.1", "203.0.113.255", "unknown", "", undefined, 1])(
    "is the group of %s",
    (it) => {
      expect(findAddressShare(it)).toBe(findAddressGroup(it));
    },
  );

  it("is one for a /64, however it is written", () => {
    const spellings = ["2001:db8:1:2::", "2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:0db8:0001:0002:0:0:0:1%eth0"];
    expect(spellings.map(findAddressShare)).toEqual(Array(3).fill("2001:db8:1::/48#2"));
    expect(findAddressShare("::1")).toBe("0:0:0::/48#0");
  });

  it("is one of 16 for a /48, of 4,096 subnets each", () => {
    const counts = new Map<string, number>();
    for (const share of sharesOfOne) counts.set(share, (counts.get(share) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual(Array.from({ length: 16 }, (_, n) => `2001:db8:1::/48#${n}`).sort());
    expect(new Set(counts.values())).toEqual(new Set([4_096]));
  });

  it("is never one of another /48", () => {
    const [one, other] = [new Set(sharesOfOne), new Set(all("2001:db8:2", runs(7, 1)))];
    expect([...one].filter((share) => other.has(share))).toEqual([]);
  });

  it.each([1, 16, 256, 4_096])("is another one for each of 16 subnets that are %d apart", (step) => {
    const shares = Array.from({ length: 16 }, (_, n) => findAddressShare(`2001:db8:1:${hex(n * step)}::1`));
    expect(new Set(shares).size).toBe(16);
  });
});
