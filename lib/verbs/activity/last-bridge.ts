import { lastEntries, logsOf } from "../../activity/read-logs.ts";
import { listRunning } from "../../activity/running.ts";
import type { DiagnosisStep } from "../../auth/diagnosis/diagnose.ts";
import type { Command } from "../../command-line/command.ts";
import { stateFolders } from "../../platform/own-folders/state.ts";
import { span } from "../../ui/time.ts";
import { nameOf, type Target } from "../target/target.ts";

/** How far back an error of a bridge is still worth a word, in ms. */
const RECENT_MS = 24 * 3_600_000;
const LOOKED_AT = 200;

/** What bridges to a target have written down of late; undefined where there was no error. */
export async function lastBridgeStep({ io }: Command, target: Target): Promise<DiagnosisStep | undefined> {
  const folders = stateFolders(io.env);
  if (!folders) return undefined;
  const name = nameOf(target);
  const entries = await lastEntries(await logsOf(folders.logs, name, []), LOOKED_AT);
  const last = entries.findLast(({ level, atMs }) => level === "error" && io.now() - atMs < RECENT_MS);
  if (!last) return undefined;
  const running = (await listRunning(folders.running, io.now())).filter((one) => one.target === name).length;
  const said = `${last.method === null ? "" : `${last.method}: `}${last.text}`;
  return {
    name: "last error of a bridge",
    ok: true,
    saw: `${span(Math.max(0, io.now() - last.atMs))} ago: ${said}${running > 0 ? `; ${running} run now` : ""}`,
    fix: `m2mcp logs ${name} shows what came before it`,
  };
}
