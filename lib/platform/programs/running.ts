import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { systemProgram } from "../windows/programs.ts";
import { PS, printed } from "./printed.ts";

/** Names of the programs that run on this machine, as the system shows them; none where it does not say. */
export async function runningPrograms(): Promise<Set<string>> {
  if (process.platform === "linux") return new Set(await fromProc());
  const printing =
    process.platform === "win32"
      ? printed(systemProgram("tasklist.exe", process.env), ["/fo", "csv", "/nh"])
      : printed(PS, ["-axo", "comm="]);
  const lines = (await printing.catch(() => "")).split(/\r?\n/).filter(Boolean);
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
