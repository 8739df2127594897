import type { Call } from "../../command-line/command.ts";
import { withoutUrlSecrets } from "../../failure.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc ping` */
export async function run(call: Call): Promise<undefined> {
  await withClient(call, async (client) => {
    const startedMs = performance.now();
    await client.ping();
    const tookMs = Math.round(performance.now() - startedMs);
    call.output.data({ ok: true, tookMs });
    call.output.print(`${withoutUrlSecrets(call.positionals[0] ?? "")} answered in ${tookMs} ms`);
  });
}
