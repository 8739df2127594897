#!/usr/bin/env node
// Starts the executable of this platform's package, and becomes it where the runtime can.
"use strict";
const { spawn } = require("node:child_process");

const { constants } = require("node:os");

const { platform, arch } = process;

/** Debian's loader has a name of its own; musl's does not tell its version. */
function libc() {
  if (platform !== "linux") return "";
  const report = process.report?.getReport();
  return report?.header?.glibcVersionRuntime ? "" : "-musl";
}

function executable() {
  const os = platform === "win32" ? "windows" : platform;
  const name = `@m2mcp/${os}-${arch}${libc()}`;
  const file = `bin/m2mcp${platform === "win32" ? ".exe" : ""}`;
  try {
    return require.resolve(`${name}/${file}`);
  } catch {
    process.stderr.write(
      `error: the package ${name} is not installed, which holds the executable for this platform\n` +
        "hint: install again without --omit=optional or --no-optional; or take the executable from the release page\n",
    );
    process.exit(1);
  }
}

const file = executable();
const args = process.argv.slice(2);
// One process in place of two: signals and exit code are its own, and nothing is left behind.
if (typeof process.execve === "function" && platform !== "win32" && !process.versions.bun)
  process.execve(file, [file, ...args], process.env);

const child = spawn(file, args, { stdio: "inherit", windowsHide: true });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => {
    // The terminal has told the child already where it is Ctrl-C.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
child.on("error", (error) => {
  process.stderr.write(`error: ${file} cannot be started: ${error.message}\n`);
  process.exit(1);
});
child.on("exit", (code, signal) => {
  process.exit(signal ? 128 + (constants.signals[signal] || 0) : (code ?? 1));
});
