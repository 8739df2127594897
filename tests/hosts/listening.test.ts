import { expect, test } from "bun:test";
import type { NetworkInterfaceInfo } from "node:os";
import { reachedAs } from "../../lib/hosts/serve/http/listening.ts";

const at = (address: string, internal = false): NetworkInterfaceInfo => {
  const rest = { address, netmask: "", mac: "", internal, cidr: null };
  return address.includes(":") ? { ...rest, family: "IPv6", scopeid: 0 } : { ...rest, family: "IPv4" };
};
const LOOPBACK = [at("127.0.0.1", true), at("::1", true)];
const [LINK, V6, V4] = [at("fe80::1"), at("fd77::2"), at("10.0.0.7")];

test("who listens on all addresses is found by the first that leads beyond its machine", () => {
  for (const [host, addresses, found] of [
    ["0.0.0.0", [LINK, V6, V4], "10.0.0.7"],
    ["::", [LINK, V6, V4], "10.0.0.7"],
    // As in clusters that have IPv6 alone.
    ["::", [LINK, V6], "fd77::2"],
    ["0.0.0.0", [LINK, V6], "127.0.0.1"],
    ["::", [LINK], "127.0.0.1"],
    ["::1", [LINK, V6, V4], "::1"],
    ["10.0.0.9", [V4], "10.0.0.9"],
  ] as const)
    expect([host, reachedAs(host, () => ({ lo: LOOPBACK, eth0: [...addresses] }))]).toEqual([host, found]);
});
