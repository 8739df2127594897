// What `serve` needs of this machine: addresses, bearer, the key of its seals, what replicas share.
import type { Command } from "../../command-line/command.ts";
import { withoutUrlSecrets } from "../../failure.ts";
import type { Listen } from "../../hosts/serve/http/listening.ts";
import type { Measures } from "../../hosts/serve/measures.ts";
import { serve } from "../../hosts/serve/serve.ts";
import type { Telemetry } from "../../observation/telemetry/telemetry.ts";
import { allowManyRequests } from "../../platform/http/many-requests.ts";
import { createGcHint } from "../../platform/runtime/gc-hint.ts";
import { compilingAfterStart } from "../../platform/runtime/jit-policy.ts";
import { unless } from "../../timing/until.ts";
import { recordBridge } from "../server/bridge-record.ts";
import { openNamed } from "../server/opened.ts";
import { watchEnding } from "./ending.ts";
import { readListen } from "./listen.ts";
import { sealingKey } from "./sealing-key.ts";
import { sessionClaims } from "./session-claims.ts";
import { sessionMemory } from "./session-memory.ts";

/** Requests at the server at once, and streams beside them. */
const MOST_AT_ONCE = 8192;
/** How long answers under way may take after the signal to end, in ms: orchestrators kill after 30 s. */
const DRAIN_MS = 25_000;

/** `m2mcp serve <target> [...]`: an MCP endpoint for HTTP clients. */
export async function run(command: Command): Promise<undefined> {
  // Before anything is read: it starts the program once more.
  allowManyRequests(MOST_AT_ONCE);
  const { listen, bearer, allowedHosts } = await readListen(command);
  const record = recordBridge(command);
  const ending = await watchEnding();
  try {
    // Whoever starts a fleet does not wait for a secret.
    const opened = await unless(ending.stop, openNamed(record));
    if (!opened) return;
    const { endpoint, targets, onListChanged, settled } = opened;
    try {
      const key = await unless(ending.stop, sealingKey(record.command, targets));
      if (!key) return;
      await serve({
        endpoint,
        listen,
        key,
        memory: sessionMemory(record.command, targets, key),
        claims: await sessionClaims(record.command, targets, key, listen),
        ...(bearer === undefined ? {} : { bearer }),
        allowedHosts,
        onListening(address) {
          record.servingAt(address);
          const what = command.positionals.map(withoutUrlSecrets).join(", ");
          command.io.stderr.write(`serving ${what} at ${address}\n`);
        },
        stop: ending.stop,
        kill: ending.kill,
        drainMs: DRAIN_MS,
        observer: record.observer,
        measures: endpoint.telemetry && measuresOf(endpoint.telemetry, listen.kind),
        onMessageDone: compilingAfterStart(await createGcHint()),
        onListChanged,
      });
      await settled();
    } finally {
      await endpoint.end();
    }
  } finally {
    await record.end();
    ending.end();
  }
}

const measuresOf = ({ server, http, page }: Telemetry, kind: Listen["kind"]): Measures => ({
  intercept: server(kind),
  http,
  page,
});
