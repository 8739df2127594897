import type { Command } from "../../command-line/command.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import type { Listen } from "../../hosts/serve/http/listening.ts";
import type { Measures } from "../../hosts/serve/measures.ts";
import { serve } from "../../hosts/serve/serve.ts";
import type { Telemetry } from "../../observation/telemetry/telemetry.ts";
import { createGcHint } from "../../platform/gc-hint.ts";
import { allowManyRequests } from "../../platform/http/many-requests.ts";
import { recordBridge } from "../server/bridge-record.ts";
import { BRIDGE, openEndpoint } from "../target/open-endpoint.ts";
import { resolveTarget } from "../target/target.ts";
import { watchEnding } from "./ending.ts";
import { readListen } from "./listen.ts";
import { sealingKey } from "./sealing-key.ts";

/** Requests at the server at once, and streams beside them. */
const MOST_AT_ONCE = 8192;
/** How long answers under way may take after the signal to end, in ms: orchestrators kill after 30 s. */
const DRAIN_MS = 25_000;

/** `m2mcp serve <target>`: an MCP endpoint for HTTP clients. */
export async function run(command: Command): Promise<undefined> {
  const [given = "", another] = command.positionals;
  if (another !== undefined) throw wrongUsage("serve takes one server", "start one for each");
  const { listen, bearer, allowedHosts } = await readListen(command);
  allowManyRequests(MOST_AT_ONCE);
  const record = recordBridge(command);
  const ending = watchEnding();
  try {
    const target = record.of(await resolveTarget(record.command, given));
    const key = await sealingKey(record.command, target);
    const endpoint = await openEndpoint(record.command, target, BRIDGE);
    try {
      let expiring: Promise<void> = Promise.resolve();
      await serve({
        endpoint,
        listen,
        key,
        ...(bearer === undefined ? {} : { bearer }),
        allowedHosts,
        onListening: (address) =>
          void command.io.stderr.write(`serving ${withoutUrlSecrets(given)} at ${address}\n`),
        stop: ending.stop,
        kill: ending.kill,
        drainMs: DRAIN_MS,
        observer: record.observer,
        measures: endpoint.telemetry && measuresOf(endpoint.telemetry, listen.kind),
        onMessageDone: await createGcHint(),
        onListChanged(method) {
          expiring = expiring.then(async () => {
            const { catalogueOf } = await import("../catalogue/catalogue.ts");
            const { CHANGED } = await import("../catalogue/kept-list.ts");
            const kind = CHANGED[method];
            if (kind) await catalogueOf(target, command.io).expire(kind);
          });
        },
      });
      await expiring;
    } finally {
      await endpoint.end();
    }
  } finally {
    await record.end();
    ending.end();
  }
}

const measuresOf = ({ server, http, page }: Telemetry, kind: Listen["kind"]): Measures => ({
  around: server(kind),
  http,
  page,
});
