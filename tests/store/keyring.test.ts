// The executable beside a real Secret Service that is locked, goes away, or is met by many at once.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
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

test("a keyring is found in the user's runtime folder where a host passes on HOME and PATH and little else", async () => {
  const { stdout, stderr } = await withKeyring(`
    "$M2MCP" login "$URL" @svc >/dev/null
    mkdir "$HOME/run"; path=\${DBUS_SESSION_BUS_ADDRESS#unix:path=}; ln -s "\${path%%,*}" "$HOME/run/bus"
    unset DBUS_SESSION_BUS_ADDRESS M2MCP_CLIENT_ID M2MCP_CLIENT_SECRET
    XDG_RUNTIME_DIR="$HOME/run" "$M2MCP" @svc tools-list; echo "code $?"
    echo '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' | XDG_RUNTIME_DIR="$HOME/run" "$M2MCP" bridge @svc
    "$M2MCP" @svc tools-list; echo "code $?"`);
  expect(stdout).toMatch(/^there\ncode 0\n\{.*"there".*\}\ncode 5\n$/);
  expect(stderr).toContain("there is no desktop session here");
});

test("the keyring's add-on leaves nothing behind, wherever it may be unpacked, and no variable names another one", async () => {
  const tmp = join(home.folder, "tmp");
  mkdirSync(tmp);
  writeFileSync(
    join(home.folder, "other.js"),
    `require("node:fs").writeFileSync("${home.folder}/loaded", "")`,
  );
  // Who may mount tries a folder that runs nothing.
  const isMounted = spawnSync("mount", ["-t", "tmpfs", "-o", "noexec", "none", tmp]).status === 0;
  try {
    const { stdout } = await withKeyring(`
      export NAPI_RS_NATIVE_LIBRARY_PATH="$HOME/other.js" TMPDIR="${tmp}"
      "$M2MCP" login "$URL" @svc --store keyring >/dev/null; echo "code $?"
      for folder in "${tmp}" /nowhere /proc "$HOME"; do TMPDIR="$folder" "$M2MCP" @svc tools-list; done
      for n in 1 2 3 4 5 6 7 8; do
        "$M2MCP" @svc tools-list >/dev/null & pid=$!; sleep 0.0$((RANDOM % 3))$((RANDOM % 10)); kill -9 $pid; wait $pid
      done 2>/dev/null`);
    expect([isMounted || "not mounted", stdout]).toEqual([
      isMounted || "not mounted",
      `code 0\n${"there\n".repeat(4)}`,
    ]);
    expect(readdirSync(tmp)).toEqual([]);
    expect(readdirSync(home.folder).sort()).toEqual(expect.not.arrayContaining(["loaded"]));
    expect(readdirSync(home.folder).filter((name) => /\.node$|^m2mcp-|^\.bun/.test(name))).toEqual([]);
  } finally {
    if (isMounted) spawnSync("umount", [tmp]);
  }
});

// Folders and libraries are changed for these alone, in a mount namespace of their own.
const mayMount = spawnSync("unshare", ["-m", "true"]).status === 0;
if (!mayMount)
  console.log("skipped: what a machine does to the keyring's add-on, for nothing can be mounted here");

/** Runs a script in the home where `mounts` holds, and `$M2MCP` is the executable. */
const mounted = (mounts: string, script: string) =>
  withKeyring(`cat >"$HOME/script" <<'END'
    set -e
    mkdir -p "$HOME/none" /run/user/$(id -u)
    ${mounts}
    set +e
    ${script}
END
    unshare -m bash "$HOME/script"`);

test.skipIf(!mayMount)(
  "a keyring's add-on that nothing can load is told with its three causes, and the ways out",
  async () => {
    const noexec = `for folder in "$HOME/none" /dev/shm /run/user/$(id -u); do mount -t tmpfs -o noexec none "$folder"; done`;
    const nowhere = `for folder in "$HOME/none" /dev/shm /run/user/$(id -u); do mount -t tmpfs -o ro none "$folder"; done`;
    const withoutLibgcc = `for file in /lib/*/libgcc_s.so.1; do mount --bind /dev/null "$file"; done`;
    for (const [mounts, tmp] of [
      [noexec, "$HOME/none"],
      [nowhere, "$HOME/none"],
      [withoutLibgcc, "$HOME"],
    ]) {
      const { stdout, stderr } = await mounted(
        `${mounts}`,
        `export TMPDIR="${tmp}"
      "$M2MCP" login "$URL" @svc --store keyring; echo "code $?"
      "$M2MCP" login "$URL" @svc 2>/dev/null; echo "code $?"; rm -r "$M2MCP_HOME"`,
      );
      expect([mounts, stdout.match(/code \d/g)]).toEqual([mounts, ["code 5", "code 0"]]);
      expect(stderr).toContain("error: no OS keyring answers: its add-on cannot be loaded");
      for (const cause of [
        "can be written",
        "noexec (TMPDIR=FOLDER names another one)",
        "libgcc_s.so.1",
        "--store file",
      ])
        expect(stderr).toContain(cause);
      expect(stderr).not.toContain("unlock or start");
    }
  },
);

test.skipIf(!mayMount || !existsSync("/usr/bin/ldd"))(
  "the keyring is used whatever ldd says, which is not asked, and whatever add-on lies beside",
  async () => {
    const { stdout } = await mounted(
      `printf '#!/bin/sh\ntouch "%s/asked"; echo musl libc\n' "$HOME" >"$HOME/ldd"; chmod +x "$HOME/ldd"; mount --bind "$HOME/ldd" /usr/bin/ldd`,
      `mkdir -p "$HOME/node_modules/@napi-rs/keyring"; cp "$M2MCP" "$HOME/m2mcp"; cd "$HOME"
    echo 'require("node:fs").writeFileSync(process.env.HOME + "/loaded", "")' >node_modules/@napi-rs/keyring/index.js
    grep -q musl /usr/bin/ldd && ./m2mcp login "$URL" @svc --store keyring >/dev/null && ./m2mcp @svc tools-list; ls asked loaded 2>/dev/null`,
    );
    expect(stdout).toBe("there\n");
  },
);
