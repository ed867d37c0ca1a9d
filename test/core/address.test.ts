import { expect, it } from "vitest";
import { addressGroup } from "../../src/core/address.ts";

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
  ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
  ["::ffff:0:192.0.2.1", "0:0:0:0::/64"],
  ["192.0.2.1:443", "unknown"],
  ["192.0.2.256", "unknown"],
  ["192.0.2.01", "unknown"],
  ["[2001:db8::1]", "unknown"],
  ["192.0.2", "unknown"],
  ["x".repeat(1_000_000), "unknown"],
  ["", "unknown"],
  [undefined, "unknown"],
  [1, "unknown"],
  [{ toString: () => "192.0.2.1" }, "unknown"],
])("%s is of %s", (address, group) => {
  expect(addressGroup(address)).toBe(group);
});
