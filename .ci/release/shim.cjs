#!/usr/bin/env node
// Starts the executable of this platform's package, and becomes it where the runtime can. Plain enough for old runtimes.
"use strict";
const { spawn } = require("node:child_process");
const { accessSync, chmodSync, constants: modes, readdirSync } = require("node:fs");
const { constants } = require("node:os");

const { platform, arch } = process;

/** Names of the packages that may hold the executable, the likeliest first. */
function packages() {
  const name = `@m2mcp/${platform === "win32" ? "windows" : platform}-${arch}`;
  if (platform !== "linux") return [name];
  return isMusl() ? [`${name}-musl`, name] : [name, `${name}-musl`];
}

/** Debian's loader has a name of its own; musl's does not tell its version. */
function isMusl() {
  try {
    // Else it asks for the name of each address that is open.
    process.report.excludeNetwork = true;
    if (process.report.getReport().header.glibcVersionRuntime) return false;
  } catch {
    // This runtime has no report.
  }
  try {
    return readdirSync("/lib").some((file) => file.startsWith("ld-musl-"));
  } catch {
    return false;
  }
}

function fail(message, hint) {
  process.stderr.write(`error: ${message}\nhint: ${hint}\n`);
  process.exit(1);
}

function executable() {
  const names = packages();
  for (const name of names) {
    try {
      return require.resolve(`${name}/bin/m2mcp${platform === "win32" ? ".exe" : ""}`);
    } catch {
      // The next one.
    }
  }
  return fail(
    `the package ${names[0]} is not installed, which holds the executable for this platform`,
    "install again without --omit=optional or --no-optional; or take the executable from the release page",
  );
}

/** Some package managers lose the mode of files. */
function makeExecutable(file) {
  try {
    accessSync(file, modes.X_OK);
  } catch {
    try {
      chmodSync(file, 0o755);
    } catch (error) {
      fail(`${file} may not be executed: ${error.message}`, `chmod +x ${file}`);
    }
  }
}

const file = executable();
const args = process.argv.slice(2);
makeExecutable(file);
// One process in place of two: signals and exit code are its own, and nothing is left behind.
if (typeof process.execve === "function" && platform !== "win32" && !process.versions.bun) {
  // It warns of itself on stderr where it is new.
  process.removeAllListeners("warning");
  process.execve(file, [file, ...args], process.env);
}

const child = spawn(file, args, { stdio: "inherit", windowsHide: true });
const isWindows = platform === "win32";
for (const signal of isWindows ? ["SIGINT", "SIGBREAK", "SIGHUP"] : ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => {
    // Windows has told the child too, and can only kill it; so has the terminal where it is Ctrl-C.
    if (!isWindows && (signal !== "SIGINT" || !process.stdin.isTTY)) child.kill(signal);
  });
child.on("error", (error) =>
  fail(
    `${file} cannot be started: ${error.message}`,
    "is the folder mounted noexec, or the loader of its libc not there?",
  ),
);
child.on("exit", (code, signal) => {
  if (!signal) process.exit(code === null ? 1 : code);
  // Ended as its child was, so that a host sees the same.
  process.removeAllListeners(signal);
  process.exitCode = 128 + (constants.signals[signal] || 0);
  if (isWindows) process.exit();
  process.kill(process.pid, signal);
});
