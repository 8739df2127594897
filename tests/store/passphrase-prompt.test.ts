// A store under a passphrase that a person types: at a terminal, hidden, on every verb but the bridge.
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Home, inHome } from "../support/home.ts";
import { startMcpServer } from "../support/mcp/mcp-server.ts";
import { atTerminal, KEYS } from "../support/terminal.ts";

const PASSPHRASE = "correct horse";
const NO_KEYRING = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent" };
const typed = (text: string) => text + KEYS.enter;

/** A home whose store, with one connection in it, is under a passphrase. */
async function underPassphrase(home: Home) {
  const server = home.owns(await startMcpServer());
  const env = { ...NO_KEYRING, M2MCP_PASSPHRASE: PASSPHRASE };
  expect((await home.run(["connect", server.url, "@svc"], { env })).code).toBe(0);
  return server;
}

describe("a store under a passphrase", () => {
  test.each([
    [["@svc", "tools-list"], "echo"],
    [["profiles"], "@svc"],
    [["store"], "passphrase"],
    [["config", "@svc", "timeout=9"], "timeout"],
    [["export"], '"name": "svc"'],
    [["grep", "echo"], "echo"],
    [["install", "@svc", "--print"], "mcpServers"],
    [["doctor", "@svc"], "first call"],
    [["logout", "@svc"], "removed @svc"],
  ])("is opened by what is typed, which is not shown: %p", (args, says) =>
    inHome(async (home) => {
      await underPassphrase(home);
      const screen = atTerminal(home, args, { env: NO_KEYRING });
      await screen.answer(/passphrase of the store: $/, typed(PASSPHRASE));
      expect(await screen.ended).toBe(0);
      expect(screen.text()).toContain(says);
      expect(screen.text()).not.toContain("horse");
    })(),
  );

  test(
    "an address opens it before anything is sent",
    inHome(async (home) => {
      const server = await underPassphrase(home);
      const before = server.requests.length;
      const screen = atTerminal(home, [server.url, "tools-list"], { env: NO_KEYRING });
      await screen.shows(/passphrase of the store: $/);
      expect(server.requests.length).toBe(before);
      screen.type(typed(PASSPHRASE));
      expect(await screen.ended).toBe(0);
    }),
  );

  test(
    "a wrong one is said to be wrong and asked for again, three times in all",
    inHome(async (home) => {
      await underPassphrase(home);
      const screen = atTerminal(home, ["@svc", "tools-list"], { env: NO_KEYRING });
      await screen.answer(/passphrase of the store: $/, typed("wrong"));
      await screen.answer(/does not open the store\npassphrase of the store: $/, typed(PASSPHRASE));
      expect(await screen.ended).toBe(0);
      const given = atTerminal(home, ["@svc", "tools-list"], { env: NO_KEYRING });
      for (const _ of [1, 2, 3]) await given.answer(/passphrase of the store: $/, typed("wrong"));
      expect(await given.ended).toBe(5);
      expect(given.text()).toContain("error: the passphrase that was typed does not open the store");
    }),
  );

  test(
    "nobody is asked in a pipe, where a variable is wrong, and at a bridge's terminal",
    inHome(async (home) => {
      await underPassphrase(home);
      const piped = await home.run(["@svc", "tools-list"], { env: NO_KEYRING });
      expect([piped.code, piped.stderr]).toEqual([5, expect.stringContaining("M2MCP_PASSPHRASE is not set")]);
      const env = { ...NO_KEYRING, M2MCP_PASSPHRASE: "wrong" };
      const wrong = atTerminal(home, ["@svc", "tools-list"], { env });
      expect(await wrong.ended).toBe(5);
      const bridge = atTerminal(home, ["bridge", "@svc"], { env: NO_KEYRING });
      expect(await bridge.ended).toBe(5);
      expect(bridge.text()).not.toContain("passphrase of the store: ");
    }),
  );

  test.each([
    ["Ctrl-C", KEYS.ctrlC, 130],
    ...(process.platform === "win32" ? [] : [["Ctrl-\\", KEYS.quit, 131] as const]),
  ] as const)("%s at the question ends it as everywhere, and the shell has its echo back", (_, key, code) =>
    inHome(async (home) => {
      await underPassphrase(home);
      const shell = 'ulimit -c 0; "$@"; echo "ended $?"; stty -a | grep -oE -e "-?echo |-?icanon "';
      const screen = atTerminal(home, ["@svc", "tools-list"], { env: NO_KEYRING, shell });
      await screen.answer(/passphrase of the store: $/, key);
      expect(await screen.ended).toBe(0);
      expect(screen.text()).toContain(`ended ${code}\n`);
      expect(screen.text()).not.toMatch(/-echo|-icanon|error/);
    })(),
  );

  test.skipIf(process.platform === "win32").each([
    ["at once", '"$@"'],
    ["with the script that has started it", 'sh -c \'"$@"; :\' sh "$@"'],
  ])("Ctrl-Z at the question stops it %s, and it is asked again when it goes on", (_, command) =>
    inHome(async (home) => {
      await underPassphrase(home);
      const shell = `set -m; ${command}; stty -a | grep -oE -e "-?echo |-?icanon "; echo "stopped $?"; fg; echo "ended $?"`;
      const screen = atTerminal(home, ["@svc", "tools-list"], { env: NO_KEYRING, shell });
      await screen.answer(/passphrase of the store: $/, KEYS.ctrlZ);
      await screen.answer(/stopped 0\n[\s\S]*passphrase of the store: $/, typed(PASSPHRASE));
      expect(await screen.ended).toBe(0);
      expect(screen.text()).toMatch(/echo[\s\S]*ended 0\n/);
      expect(screen.text()).not.toMatch(/-echo|-icanon|horse/);
    })(),
  );

  test(
    "Ctrl-Z where no shell could have it go on changes nothing",
    inHome(async (home) => {
      await underPassphrase(home);
      const screen = atTerminal(home, ["@svc", "tools-list"], { env: NO_KEYRING });
      await screen.answer(/passphrase of the store: $/, KEYS.ctrlZ);
      await screen.answer(/passphrase of the store: $/, typed(PASSPHRASE));
      expect(await screen.ended).toBe(0);
    }),
  );

  test(
    "is made with one that is typed twice; where the two differ, nothing is made",
    inHome(async (home) => {
      const server = home.owns(await startMcpServer());
      const connect = ["connect", server.url, "@svc", "--store", "passphrase"];
      const slip = atTerminal(home, connect);
      await slip.answer(/passphrase for the new store: $/, typed(PASSPHRASE));
      await slip.answer(/once more: $/, typed("correct house"));
      expect(await slip.ended).toBe(1);
      expect(existsSync(join(home.folder, "store", "store.json"))).toBeFalse();
      const screen = atTerminal(home, connect);
      await screen.answer(/passphrase for the new store: $/, typed(PASSPHRASE));
      await screen.answer(/once more: $/, typed(PASSPHRASE));
      expect(await screen.ended).toBe(0);
      const env = { M2MCP_PASSPHRASE: PASSPHRASE };
      expect((await home.run(["@svc", "tools-list"], { env })).code).toBe(0);
      const piped = await home.run(["connect", server.url, "@b"], {
        env: { M2MCP_HOME: join(home.folder, "n"), M2MCP_STORE: "passphrase" },
      });
      expect(piped.code).toBe(5);
    }),
  );

  test(
    "gets another one: the old one is asked for once",
    inHome(async (home) => {
      await underPassphrase(home);
      const screen = atTerminal(home, ["store", "passphrase"], { env: NO_KEYRING });
      await screen.answer(/passphrase of the store: $/, typed(PASSPHRASE));
      await screen.answer(/new passphrase: $/, typed("battery staple"));
      await screen.answer(/once more: $/, typed("battery staple"));
      expect(await screen.ended).toBe(0);
      const env = { ...NO_KEYRING, M2MCP_PASSPHRASE: "battery staple" };
      expect((await home.run(["@svc", "tools-list"], { env })).code).toBe(0);
    }),
  );
});
