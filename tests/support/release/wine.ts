// Wine runs the executable for Windows here, with a library that it lacks.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const WINE = "/usr/lib/wine/wine64";
const MINGW = "x86_64-w64-mingw32-gcc-win32";

/** A library of Windows 10 that wine 8 has not. */
const RANDOM = `
#include <stddef.h>
__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *, unsigned long);
__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *into, size_t length) {
  return SystemFunction036(into, length);
}
`;

/**
 * Starts a program in its own console, and tells it Ctrl-C after so many ms, or dies before it. Its exit code is the
 * program's. Without one it sleeps.
 */
const CONSOLE = `
#include <windows.h>
#include <stdio.h>
#include <string.h>
BOOL WINAPI ignore(DWORD kind) { return TRUE; }
int main(void) {
  char *line = GetCommandLineA(), *rest = *line == '"' ? strchr(line + 1, '"') + 1 : strchr(line, ' '), kind;
  int ms, length = 0;
  DWORD code = 99;
  STARTUPINFOA with = { sizeof with };
  PROCESS_INFORMATION child;
  if (!rest || !strchr(rest, ':')) Sleep(INFINITE);
  sscanf(rest, " %c %d %n", &kind, &ms, &length);
  if (!CreateProcessA(0, rest + length, 0, 0, TRUE, 0, 0, 0, &with, &child)) return 98;
  Sleep(ms);
  if (kind == 'x') return 0;
  SetConsoleCtrlHandler(ignore, TRUE);
  GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
  WaitForSingleObject(child.hProcess, 10000);
  GetExitCodeProcess(child.hProcess, &code);
  return (int)code;
}
`;

/** What is missing here to run the executable for Windows; null where nothing is. */
export function missingForWine(): string | null {
  if (process.platform !== "linux" || process.arch !== "x64") return "linux-x64";
  if (!existsSync(WINE)) return "wine64";
  const has = spawnSync("sh", ["-c", `command -v ${MINGW}`]).status === 0;
  return has ? null : "gcc-mingw-w64-x86-64-win32, for a library that wine lacks";
}

/** @returns the variables of a wine of its own below `work`, and the program of a console */
export function prepareWine(work: string): { env: Record<string, string>; console: string } {
  const make = (name: string, source: string, ...how: string[]) => {
    writeFileSync(join(work, `${name}.c`), source);
    const made = spawnSync(MINGW, ["-o", name, `${name}.c`, ...how], { cwd: work, encoding: "utf8" });
    if (made.status !== 0) throw new Error(made.stderr);
  };
  make("bcryptprimitives.dll", RANDOM, "-shared", "-ladvapi32");
  make("console.exe", CONSOLE);
  const env = { WINEDEBUG: "-all", WINEPREFIX: join(work, "wine"), WINEPATH: work };
  // The first start makes its folders.
  spawnSync(WINE, ["cmd", "/c", "exit"], { env: { ...process.env, ...env }, stdio: "ignore" });
  // Its services stay for as long as a program runs: begun by another one, they would hold that one's output open.
  spawn(WINE, [join(work, "console.exe")], { env: { ...process.env, ...env }, stdio: "ignore" }).unref();
  return { env, console: join(work, "console.exe") };
}

/** Ends all that runs in it. */
export const endWine = (env: Record<string, string>): void =>
  void spawnSync("/usr/lib/wine/wineserver64", ["-k"], { env: { ...process.env, ...env } });
