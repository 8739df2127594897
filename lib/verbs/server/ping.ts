import type { Command } from "../../command-line/command.ts";
import { withoutUrlSecrets } from "../../failure.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc ping` */
export async function run(command: Command): Promise<undefined> {
  await withClient(command, async (client) => {
    const startedMs = performance.now();
    await client.ping();
    const tookMs = Math.round(performance.now() - startedMs);
    command.output.data({ ok: true, tookMs });
    command.output.print(`${withoutUrlSecrets(command.positionals[0] ?? "")} answered in ${tookMs} ms`);
  });
}
