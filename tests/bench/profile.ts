// What the bridge's own processor time goes to, by the runtime's sampling profiler.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Caller, INITIALIZE } from "./caller.ts";
import { startPeer } from "./stdio-peer.ts";
import { root, type Subjects } from "./subjects.ts";

/** Functions shown. */
const TOP = 8;

/**
 * Runs the bridge from its source under the profiler while `load` goes through it.
 *
 * @returns the functions with most time of their own, as `name 12.3%`, most first
 */
export async function profile(
  subjects: Subjects,
  load: (caller: Caller) => Promise<unknown>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-profile-"));
  const profiler = ["--cpu-prof-md", "--cpu-prof-dir", folder];
  const peer = startPeer(
    [process.execPath, ...profiler, join(root, "cli.ts"), "bridge", "@bench"],
    subjects.env,
  );
  await peer.call("initialize", INITIALIZE);
  peer.notify("notifications/initialized");
  await load(peer);
  await peer.end();
  const report = readdirSync(folder).find((name) => name.endsWith(".md"));
  const text = report ? readFileSync(join(folder, report), "utf8") : "";
  rmSync(folder, { recursive: true, force: true });
  const rows = [...text.matchAll(/^\| +([\d.]+%) \|[^|]*\|[^|]*\|[^|]*\| `([^`]+)` \|/gm)];
  return rows
    .slice(0, TOP)
    .map(([, share, name]) => `${name} ${share}`)
    .join(", ");
}
