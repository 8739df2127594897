/** A system that does not say within this time says nothing, in ms. */
const TIMEOUT_MS = 3000;
const MAX_BYTES = 8 * 1024 * 1024;

/** What lists processes but on Windows; by its path, since one on PATH may be another. */
export const PS = "/bin/ps";

/** What a program of the system's prints. Loads what starts programs: on Linux none is needed. Rejects where it fails. */
export async function printed(program: string, args: readonly string[]): Promise<string> {
  const { execFile } = await import("node:child_process");
  const how = { timeout: TIMEOUT_MS, windowsHide: true, maxBuffer: MAX_BYTES };
  return new Promise((resolve, reject) =>
    execFile(program, args, how, (error, stdout) => (error ? reject(error) : resolve(stdout))),
  );
}
