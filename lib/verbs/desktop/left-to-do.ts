import type { Command } from "../../command-line/command.ts";
import type { Host } from "../../desktop/host.ts";
import type { Place } from "../../desktop/place.ts";
import { runningPrograms } from "../../platform/programs/running.ts";

interface Done {
  host: string;
  status: string;
}

/** Warns of hosts that keep their file in memory and run now, before their file is written. */
export async function warnOfRunning({ output }: Command, steps: readonly { place: Place }[]): Promise<void> {
  const hosts = new Set(
    steps.map(({ place }) => place.host).filter(({ rewrites }) => rewrites !== undefined),
  );
  if (hosts.size === 0) return;
  const running = await runningPrograms();
  for (const { title, rewrites } of hosts)
    if (rewrites?.some((name) => running.has(name)))
      output.warn(`${title} is running and may write its file back as it was: quit it first`);
}

/** Tells what a user has to do so that hosts see what was written. */
export function sayWhatIsLeft(
  { output }: Command,
  steps: readonly { place: Place }[],
  results: readonly Done[],
): void {
  const done = new Map<Host, string>();
  for (const [at, { place }] of steps.entries()) {
    const status = results[at]?.status ?? "";
    if (["added", "updated", "removed"].includes(status)) done.set(place.host, status);
  }
  for (const [host, status] of done)
    output.note(
      status === "removed"
        ? `${host.title} has it until it is started again`
        : `next, ${host.title}: ${host.afterwards}`,
    );
}
