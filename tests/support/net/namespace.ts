// Another machine, as far as the network is concerned: a namespace of Linux, with a link that can be cut.
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { type Door, startDoor } from "./door.ts";

const ip = (...args: string[]) => spawnSync("ip", args).status === 0;

function canHave(): boolean {
  const name = `m2mcp-${process.pid}`;
  const had = ip("netns", "add", name);
  return had && ip("netns", "del", name);
}
export const hasNamespaces = process.platform === "linux" && canHave();
if (!hasNamespaces) console.log("SKIPPED: no network namespaces here, so no link is cut");

export interface Namespace {
  /** What starts a program in it. */
  prefix: string[];
  /** Its own address, and ours on the same link. */
  address: string;
  ours: string;
  /** A loopback server of ours, by our address on the link. */
  door(url: string): Promise<string>;
  /** Nothing comes through any more, and nobody is told. */
  cut(): void;
  heal(): void;
  stop(): Promise<void>;
}

export function createNamespace(): Namespace {
  const name = `m2mcp-${process.pid}-${randomInt(1e6)}`;
  const link = `m2${randomInt(1e9).toString(36)}`;
  const net = `10.${randomInt(64, 250)}.${randomInt(250)}`;
  const [ours, address] = [`${net}.1`, `${net}.2`];
  const made =
    ip("netns", "add", name) &&
    ip("link", "add", link, "type", "veth", "peer", "name", "e0", "netns", name) &&
    ip("addr", "add", `${ours}/30`, "dev", link) &&
    ip("link", "set", link, "up") &&
    ip("-n", name, "addr", "add", `${address}/30`, "dev", "e0") &&
    ip("-n", name, "link", "set", "lo", "up") &&
    ip("-n", name, "link", "set", "e0", "up");
  if (!made) throw new Error("the namespace cannot be made");
  const doors: Door[] = [];
  return {
    prefix: ["ip", "netns", "exec", name],
    address,
    ours,
    async door(url) {
      const door = await startDoor(url, true, ours);
      doors.push(door);
      return door.url;
    },
    // Packets are dropped on its side: on ours, a link that is down would be told at once.
    cut: () => void ip("-n", name, "addr", "flush", "dev", "e0"),
    heal: () => void ip("-n", name, "addr", "add", `${address}/30`, "dev", "e0"),
    async stop() {
      await Promise.all(doors.map((door) => door.stop()));
      ip("netns", "del", name);
    },
  };
}
