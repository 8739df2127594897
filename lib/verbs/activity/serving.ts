import { listRunning } from "../../activity/running.ts";
import type { DiagnosisStep } from "../../auth/diagnosis/diagnose.ts";
import type { Command } from "../../command-line/command.ts";
import { stateFolders } from "../../platform/own-folders/state.ts";
import { nameOf, type Target } from "../target/target.ts";

/** Where this target is served at, alone or among others; undefined where no `serve` runs for it. */
export async function servingStep({ io }: Command, target: Target): Promise<DiagnosisStep | undefined> {
  const folders = stateFolders(io.env);
  if (!folders) return undefined;
  const name = nameOf(target);
  const places = (await listRunning(folders.running, io.now())).flatMap((one) =>
    one.servingAt !== undefined && [one, ...(one.servers ?? [])].some((each) => each.target === name)
      ? [one.servingAt]
      : [],
  );
  return places.length === 0 ? undefined : { name: "serve", ok: true, saw: `serves at ${places.join(", ")}` };
}
