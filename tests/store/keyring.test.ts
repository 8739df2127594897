// The executable beside a real Secret Service that is locked, goes away, or is met by many at once.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BINARY, createHome, type Home } from "../support/home.ts";
import { type SmallWorld, startSmallWorld } from "../support/oauth/small-world.ts";
import { withSecretService } from "./secret-service.ts";

let home: Home;
let world: SmallWorld;
beforeEach(async () => {
  home = createHome();
  world = await startSmallWorld();
});
afterEach(async () => {
  await world.stop();
  home.remove();
});

const service = "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets";
const lock = `${service} org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null`;
/** How many keys of ours the keyring holds. */
const count = `${service} org.freedesktop.Secret.Service.SearchItems dict:string:string:service,m2mcp | grep -c 'object path'`;
const withKeyring = (script: string) =>
  withSecretService(script, {
    ...home.env,
    M2MCP: BINARY,
    URL: world.url,
    M2MCP_CLIENT_ID: "id",
    M2MCP_CLIENT_SECRET: "s",
  });

test("a keyring that is locked later is named, with what mends it; credentials from the environment still work", async () => {
  const { stdout, stderr } = await withKeyring(`
    "$M2MCP" login "$URL" @svc >/dev/null; "$M2MCP" store
    ${lock}
    for call in "@svc tools-list" "profiles" "store" "store move --to file"; do (unset M2MCP_CLIENT_SECRET M2MCP_CLIENT_ID; "$M2MCP" $call); echo "code $?"; done
    "$M2MCP" tools-list "$URL"; echo "code $?"`);
  expect(stdout).toContain("in the OS keyring");
  expect(stdout.match(/code \d/g)).toEqual(["code 5", "code 5", "code 5", "code 5", "code 0"]);
  expect(stderr).toContain(
    "error: the store's key is in the OS keyring, which does not give it: it is locked",
  );
  expect(stderr).not.toContain("--store file");
  expect(existsSync(join(home.folder, "store", "store.key"))).toBe(false);
});

test("a keyring that ends is an error, and no key is made in its place; a bridge that has the key goes on", async () => {
  world.lifeS = 2;
  const ask = `echo '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'`;
  const { stdout, stderr } = await withKeyring(`
    "$M2MCP" login "$URL" @svc >/dev/null
    { ${ask}; sleep 3; ${ask} | sed s/1,/2,/; } | "$M2MCP" bridge @svc &
    sleep 1
    kill $(cat "$HOME/daemon")
    "$M2MCP" @svc tools-list; echo "code $?"
    wait`);
  expect(stdout).toContain("code 5");
  expect(stderr).toContain("which does not give it");
  expect(stdout).toMatch(/"id":1,"result"[\s\S]*"id":2,"result"/);
  expect(existsSync(join(home.folder, "store", "store.key"))).toBe(false);
});

test("many processes that make the store at once leave one key in the keyring; a move takes it away", async () => {
  const { stdout, stderr } = await withKeyring(`
    for n in 1 2 3 4 5 6 7 8; do "$M2MCP" login "$URL" @svc$n >/dev/null & pids="$pids $!"; done; wait $pids
    ${count}
    for n in 1 2 3 4 5 6 7 8; do "$M2MCP" @svc$n tools-list; done
    "$M2MCP" store move --to file && ${count}; "$M2MCP" @svc1 tools-list`);
  expect(stderr).not.toContain("error");
  expect(stdout).toMatch(/^1\n(there\n){8}the store's key is now in a file.*\n0\nthere\n$/);
  expect(readdirSync(join(home.folder, "store", "profiles"))).toHaveLength(8);
});

test("moves to and from the keyring that are killed at any moment leave a store that opens", async () => {
  const { stdout } = await withKeyring(`
    "$M2MCP" login "$URL" @svc >/dev/null
    for n in $(seq 1 60); do
      to=keyring; [ $((n % 2)) = 1 ] && to=file
      "$M2MCP" store move --to $to >/dev/null 2>&1 & pid=$!
      sleep 0.0$((RANDOM % 9))$((RANDOM % 10)); kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
      "$M2MCP" @svc tools-list
    done`);
  expect(stdout).toBe("there\n".repeat(60));
}, 60_000);
