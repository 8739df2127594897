import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { systemProgram } from "../windows/programs.ts";

/** A system that does not say within this time says nothing, in ms. */
const TIMEOUT_MS = 2000;

/** Names of the programs that run on this machine, as the system shows them; none where it does not say. */
export async function runningPrograms(): Promise<Set<string>> {
  if (process.platform === "linux") return new Set(await fromProc());
  const [file, args] =
    process.platform === "win32"
      ? [systemProgram("tasklist.exe", process.env), ["/fo", "csv", "/nh"]]
      : ["/bin/ps", ["-axo", "comm="]];
  const lines = await new Promise<string[]>((resolve) =>
    execFile(
      file as string,
      args as string[],
      { timeout: TIMEOUT_MS, windowsHide: true, maxBuffer: 8 * 1024 * 1024 },
      (error, out) => resolve(error ? [] : out.split(/\r?\n/)),
    ),
  );
  return new Set(lines.map((line) => basename(/^"([^"]*)"/.exec(line)?.[1] ?? line.trim())));
}

async function fromProc(): Promise<string[]> {
  const names = await readdir("/proc").catch(() => []);
  const ids = names.filter((name) => /^\d+$/.test(name));
  return Promise.all(
    ids.map((id) =>
      readFile(`/proc/${id}/comm`, "utf8").then(
        (text) => text.trim(),
        () => "",
      ),
    ),
  );
}
