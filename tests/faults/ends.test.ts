// How the bridge and the one-off commands end: signals, closed pipes, and faults of the program's own.
import { beforeEach, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startBridge } from "../support/bridge.ts";
import { BINARY, collect, homeForEachTest, ROOT } from "../support/home.ts";
import { json, reply, result, type Script, type Scripted } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { answersTo, call, INITIALIZE, INITIALIZED, lines } from "../support/messages.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();
let server: Scripted;
// More of them than a pipe holds.
const TOOLS = Array.from({ length: 5000 }, (_, at) => ({
  name: `tool-${at}`,
  inputSchema: { type: "object" },
}));
beforeEach(async () => {
  const script: Script = (asked, response) => {
    if (asked.method === "tools/list") return reply(asked, { tools: TOOLS });
    setTimeout(() => json(response, result(asked.id)), asked.params?.arguments?.ms ?? 0);
  };
  server = home.owns(await startLegacyServer(script));
});

const slow = (id: unknown, ms: number) => call(id, "x", { ms });
const isRunning = (pid: number) => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
const deletes = () => server.seen.filter(({ http }) => http === "DELETE");
const shell = (command: string) =>
  collect(
    spawn("/bin/sh", ["-c", command], {
      env: { ...home.env, M2MCP: BINARY, URL: server.url },
      cwd: home.folder,
    }),
  );

describe("signals:", () => {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    test(`${signal} ends the bridge as its input's end does: what is owed is answered, the session ended`, async () => {
      const { child, say, answer, ended } = startBridge(home, [server.url]);
      say(INITIALIZE, slow(2, 600));
      await answer(1);
      await until(() => server.count("tools/call") === 1);
      child.kill(signal);
      expect((await answer(2)).result.text).toBe("ok");
      expect(await ended).toEqual([0, null]);
      expect(deletes().map(({ session }) => session)).toEqual(["s1"]);
    });

    test(`${signal} twice ends it at once: what is owed is answered with an error`, async () => {
      const { child, say, answer, ended } = startBridge(home, [server.url]);
      say(INITIALIZE, slow(2, 20_000));
      await answer(1);
      await until(() => server.count("tools/call") === 1);
      child.kill(signal);
      await sleep(200);
      const startedMs = performance.now();
      child.kill(signal);
      expect(await ended).toEqual([0, null]);
      expect(performance.now() - startedMs).toBeLessThan(3000);
      expect((await answer(2)).error.data.code).toBe("ended");
      expect(deletes()).toHaveLength(1);
    });
  }

  test("one that who started it has it ignore, as nohup does, ends neither bridge nor command", async () => {
    writeFileSync(join(home.folder, "in"), lines(INITIALIZE, slow(2, 1500)));
    for (const signal of ["HUP", "INT"])
      for (const command of ['bridge "$URL" < in', 'tools-call "$URL" x ms:=1500']) {
        const calls = server.count("tools/call");
        const run = shell(`(trap '' ${signal}; exec "$M2MCP" ${command}) & echo $! > pid; wait $!`);
        await until(() => server.count("tools/call") > calls);
        process.kill(Number(readFileSync(join(home.folder, "pid"), "utf8")), `SIG${signal}`);
        expect([signal, command, (await run).code]).toEqual([signal, command, 0]);
      }
  });

  test("a signal is the last word of a host: a call that is not answered is cancelled after 3 s", async () => {
    const { child, say, answer, ended } = startBridge(home, [server.url]);
    say(INITIALIZE, slow(2, 20_000));
    await answer(1);
    await until(() => server.count("tools/call") === 1);
    const startedMs = performance.now();
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(2500);
    expect(tookMs).toBeLessThan(10_000);
    expect((await answer(2)).error.data.code).toBe("ended");
    expect(server.requests.slice(-2)).toEqual(["POST notifications/cancelled", "DELETE"]);
  });

  test("a host that was killed leaves no bridge behind: the call is cancelled at once", async () => {
    // What it starts outlives it; only its id tells that it is gone.
    const host = `
      const [binary, url, input] = process.argv.slice(-3);
      const child = require("node:child_process").spawn(binary, ["bridge", url], { stdio: ["pipe", "pipe", "ignore"] });
      child.stdin.write(input);
      console.log(child.pid);`;
    const parent = spawn(
      process.execPath,
      ["-e", host, BINARY, server.url, lines(INITIALIZE, slow(2, 20_000))],
      { env: home.env, stdio: ["ignore", "pipe", "ignore"] },
    );
    const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
    await until(() => server.count("tools/call") === 1);
    const startedMs = performance.now();
    parent.kill("SIGKILL");
    await until(() => !isRunning(pid));
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(server.requests.slice(-2)).toEqual(["POST notifications/cancelled", "DELETE"]);
  });

  test("a host that was killed while the bridge opens leaves none behind", async () => {
    // A certificate that never comes: what waits for it has not read its input yet.
    const files = ["client-cert", "client-key"].map((name) => `--${name}=${join(home.folder, name)}`);
    spawnSync(
      "mkfifo",
      files.map((flag) => flag.split("=")[1] ?? ""),
    );
    const host = `
      const [binary, ...args] = process.argv.slice(-6);
      const child = require("node:child_process").spawn(binary, args, { stdio: ["pipe", "pipe", "ignore"] });
      console.log(child.pid);`;
    const args = ["bridge", server.url, "--client-id=i", ...files];
    const parent = spawn(process.execPath, ["-e", host, BINARY, ...args], {
      env: home.env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
    await sleep(500);
    expect(isRunning(pid)).toBe(true);
    const startedMs = performance.now();
    parent.kill("SIGKILL");
    await until(() => !isRunning(pid));
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  test("a pipe of a shell that is still read is answered after its end", async () => {
    writeFileSync(join(home.folder, "in"), lines(INITIALIZE, slow(2, 1500)));
    const { stdout } = await shell(`cat in | "$M2MCP" bridge "$URL" | cat`);
    expect(answersTo(stdout, 2)[0].result.text).toBe("ok");
  });

  test("a signal after the input's end ends it at once", async () => {
    const { child, say, answer, end } = startBridge(home, [server.url]);
    say(INITIALIZE, slow(2, 20_000));
    await answer(1);
    await until(() => server.count("tools/call") === 1);
    const code = end();
    await sleep(200);
    child.kill("SIGTERM");
    expect(await code).toBe(0);
    expect((await answer(2)).error.data.code).toBe("ended");
  });
});

// The flag would be that of all who share the pipe: what they write while its reader is slow would fail (EAGAIN).
test.skipIf(process.platform !== "linux")(
  "a pipe that others share stays as it was (O_NONBLOCK)",
  async () => {
    writeFileSync(join(home.folder, "calls"), '{"tool":"tool-1"}\n');
    writeFileSync(join(home.folder, "in"), lines(INITIALIZE));
    const flags = "grep -h '^flags' /proc/self/fdinfo/1 /proc/self/fdinfo/2";
    for (const commands of [
      '"$M2MCP" run "$URL" calls',
      '"$M2MCP" bridge "$URL" < in',
      '"$M2MCP" serve "$URL" --listen unix:s & until [ -S s ]; do sleep 0.1; done; kill $!; wait',
    ]) {
      const { stdout } = await shell(`{ ${commands}; ${flags}; } 2>&1 | cat`);
      expect([commands, stdout.match(/^flags:\s+\d+$/gm)]).toEqual([commands, ["flags:\t01", "flags:\t01"]]);
    }
  },
);

describe("a closed pipe is no fault:", () => {
  test("stdout of a one-off command, read in part", async () => {
    const { stdout, stderr } = await shell(`"$M2MCP" tools-list "$URL" --json | head -c 20; exit 0`);
    expect(stdout).toHaveLength(20);
    expect(stderr).not.toMatch(/error|EPIPE/i);
  });

  test("stdout of the bridge, in the middle: it ends, and ends its session", async () => {
    const { child, say, answer, ended } = startBridge(home, [server.url]);
    say(INITIALIZE, INITIALIZED);
    await answer(1);
    child.stdout.destroy();
    say(call(2));
    expect(await ended).toEqual([0, null]);
    await until(() => deletes().length === 1);
  });

  test("stderr of the bridge", async () => {
    writeFileSync(join(home.folder, "in"), lines(INITIALIZE, call(2)));
    const { stdout } = await shell(`"$M2MCP" bridge "$URL" --verbose < in 2>&-`);
    expect(answersTo(stdout, 2)[0].result.text).toBe("ok");
    const { child, say, answer } = startBridge(home, [server.url, "--verbose"]);
    child.stderr.destroy();
    say(INITIALIZE, call(2));
    expect((await answer(2)).result.text).toBe("ok");
  });

  test("stdout that was closed from the start", async () => {
    const { stderr } = await shell(`"$M2MCP" tools-list "$URL" >&-; "$M2MCP" bridge "$URL" < /dev/null >&-`);
    expect(stderr).not.toContain("at ");
  });
});

test("a long result reaches a slow reader whole", async () => {
  const { stdout } = await shell(`"$M2MCP" tools-list "$URL" --json | (sleep 1; wc -c)`);
  const direct = await home.run(["tools-list", server.url, "--json"]);
  // More than a pipe holds.
  expect(direct.stdout.length).toBeGreaterThan(200_000);
  expect(Number(stdout)).toBe(direct.stdout.length);
});

test("a full disk is a failure", async () => {
  for (const command of ['tools-list "$URL"', "--help", "help tools-call", "--version", "--licenses"]) {
    const { stdout, stderr } = await shell(`"$M2MCP" ${command} > /dev/full; echo $?`);
    expect([command, stdout]).toEqual([command, "1\n"]);
    expect(stderr).toContain("error: the output could not be written: ENOSPC");
  }
});

test.if(process.platform === "linux")(
  "a bridge that may open no more files says that of its output",
  async () => {
    // How few are too few for it is the system's: at some of these the runtime starts, and opens no output.
    const said = await Promise.all(
      [5, 6, 7, 8].map(
        async (most) =>
          (await shell(`exec < /dev/null; ulimit -n ${most}; exec "$M2MCP" bridge "$URL"`)).stderr,
      ),
    );
    expect(said.join("")).toContain("error: the output could not be written: EMFILE\n");
    expect(said.join("")).not.toContain("foresee");
  },
);

test("output that is added to a file stands there whole, and nothing between", async () => {
  for (const command of ["--help", "help man", 'tools-list "$URL"']) {
    const whole = (await shell(`"$M2MCP" ${command}`)).stdout;
    await shell(`printf 'x\\n' > out; "$M2MCP" ${command} >> out; "$M2MCP" ${command} >> out`);
    expect(readFileSync(join(home.folder, "out"), "utf8") === `x\n${whole}${whole}`).toBe(true);
  }
});

describe("an input that is none:", () => {
  for (const [name, from] of [
    ["/dev/null", "< /dev/null"],
    ["closed", "<&-"],
    ["a folder", "< /"],
  ])
    test(name ?? "", async () => {
      const { code, stdout, stderr } = await shell(`"$M2MCP" bridge "$URL" ${from}`);
      expect(stdout).toBe("");
      expect(stderr).toBe("");
      expect(code).toBe(0);
    });
});

test("a stdin that cannot be read is told in words", async () => {
  for (const [command, from, why] of [
    ['tools-call "$URL" echo -', "< /", "it is a folder"],
    ['tools-call "$URL" echo -', "0> /dev/null", "it is not open, or not for reading"],
    ['tools-list "$URL" --client-id i --client-secret -', "< /", "it is a folder"],
  ]) {
    const { code, stderr } = await shell(`"$M2MCP" ${command} ${from}`);
    expect([command, code, stderr]).toEqual([
      command,
      1,
      expect.stringContaining(`cannot read stdin: ${why}`),
    ]);
  }
});

test("a device as input does not keep a bridge from hearing that it is to end", async () => {
  const { code, stdout } = await shell(`timeout -k 6 1 "$M2MCP" bridge "$URL" < /dev/zero; echo $?`);
  expect(code).toBe(0);
  // 137 where it had to be killed.
  expect(stdout.trim().split("\n").at(-1)).toBe("124");
});

describe("a fault of the program's own", () => {
  const SECRET = "a-secret-in-an-error";
  const runFaulty = (fault: string, input: string) => {
    const preload = join(home.folder, "fault.ts");
    // From source it takes a while until the program has begun: a fault before that is the runtime's to tell.
    writeFileSync(
      preload,
      `const begins = setInterval(() => {
        if (process.listenerCount("uncaughtException") === 0) return;
        clearInterval(begins);
        ${fault}
      }, 20);`,
    );
    const child = spawn(
      process.execPath,
      ["--preload", preload, join(ROOT, "cli.ts"), "bridge", server.url],
      { env: home.env, cwd: home.folder },
    );
    child.stdin.end(input);
    return collect(child);
  };

  test("that nobody awaits is told by its kind alone, and the bridge goes on", async () => {
    const { code, stdout, stderr } = await runFaulty(
      `setTimeout(() => void Promise.reject(new RangeError("${SECRET}")), 100);`,
      lines(INITIALIZE, slow(2, 800)),
    );
    expect(answersTo(stdout, 2)[0].result.text).toBe("ok");
    expect(stderr).toContain("RangeError");
    expect(stderr).not.toContain(SECRET);
    expect(stderr).not.toContain("setTimeout");
    expect(code).toBe(0);
  });

  test("that nobody catches is told by its kind alone, and ends it with an error", async () => {
    const { code, stderr } = await runFaulty(
      `setTimeout(() => { throw new RangeError("${SECRET}"); }, 300);`,
      lines(INITIALIZE, slow(2, 5000)),
    );
    expect(stderr).toContain("RangeError");
    expect(stderr).not.toContain(SECRET);
    expect(stderr).not.toContain("setTimeout");
    expect(code).toBe(1);
  });
});
