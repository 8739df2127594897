import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findSessionBus } from "../../../lib/platform/keyring/session-bus.ts";

let folder: string;
const servers: Server[] = [];
const uid = process.getuid?.() ?? 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp bus-"));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true, force: true });
});
async function listen(path: string): Promise<void> {
  const server = createServer().listen(path);
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
}

test("a session bus that the environment names is taken, if a file is there where it should be one", async () => {
  const path = join(folder, "bus").replace(" ", "");
  expect(await findSessionBus({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` }, uid)).toEqual({
    kind: "none",
    reason: `there is no message bus at ${path} (DBUS_SESSION_BUS_ADDRESS)`,
  });
  for (const address of ["unix:abstract=/tmp/x", "tcp:host=localhost,port=1", "unix:path=/x;unix:path=/y"])
    expect(await findSessionBus({ DBUS_SESSION_BUS_ADDRESS: address }, uid)).toEqual({
      kind: "found",
      address,
    });
});

test("a session bus is found in the user's runtime folder without a variable that names it", async () => {
  await listen(join(folder, "bus"));
  for (const DBUS_SESSION_BUS_ADDRESS of [undefined, ""])
    expect(await findSessionBus({ DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR: folder }, uid)).toEqual({
      kind: "found",
      address: `unix:path=${join(folder, "bus").replace(" ", "%20")}`,
    });
});

test("a session bus is not taken from another user, from a file, or from below the current folder", async () => {
  const none = {
    kind: "none" as const,
    reason: expect.stringContaining("DBUS_SESSION_BUS_ADDRESS is not set"),
  };
  const other = 4_000_000;
  await listen(join(folder, "bus"));
  expect(await findSessionBus({ XDG_RUNTIME_DIR: folder }, other)).toEqual(none);
  for (const server of servers.splice(0)) server.close();
  rmSync(join(folder, "bus"), { force: true });
  writeFileSync(join(folder, "bus"), "");
  expect(await findSessionBus({ XDG_RUNTIME_DIR: folder }, other)).toEqual(none);
  expect(await findSessionBus({ XDG_RUNTIME_DIR: "." }, other)).toEqual(none);
});
