import type { Command } from "../../command-line/command.ts";
import { CLIENT_INFO } from "../../command-line/version.ts";
import { showControls } from "../../controls.ts";
import type { M2mcpError } from "../../failure.ts";
import { watchChanges } from "../../hosts/one-off/watch.ts";
import type { JsonObject } from "../../json.ts";
import { watchLeaving } from "../caller/leaving.ts";
import { endedBySelf, nothingToWatch } from "../errors.ts";
import { openEndpoint } from "../target/open-endpoint.ts";
import { resolveTarget } from "../target/target.ts";

/** A cut connection is opened again for so long before that counts as a failure, in ms. */
const LIMITS = { timeoutMs: 60_000, reconnectMs: 5000 };

/** `m2mcp @svc watch [URI…]`: each change that the server tells of, a line each, until Ctrl-C. */
export async function run(command: Command): Promise<undefined> {
  const [target = "", ...uris] = command.positionals;
  const endpoint = await openEndpoint(command, await resolveTarget(command, target), LIMITS);
  const leaving = await watchLeaving();
  const { output, io } = command;
  const out = io.openStdout();
  const nothing = new AbortController();
  const unwritable = new AbortController();
  try {
    await watchChanges(endpoint, {
      clientInfo: CLIENT_INFO,
      filter: {
        toolsListChanged: true,
        promptsListChanged: true,
        resourcesListChanged: true,
        ...(uris.length > 0 ? { resourceSubscriptions: uris } : {}),
      },
      // A reader that has gone wants no more.
      over: AbortSignal.any([leaving.gone, out.gone, nothing.signal, unwritable.signal]),
      onHonoured(filter) {
        leaving.heard();
        const { heard, unheard } = inWords(filter, uris);
        for (const uri of unheard) output.warn(`the server tells of no changes of ${uri}`);
        if (heard.length === 0) nothing.abort();
        else output.note(`watching ${heard.join(", ")}; Ctrl-C ends it`);
      },
      onChange(method, params) {
        const at = new Date(io.now()).toISOString();
        try {
          out.write(output.json ? output.line({ at, method, params }) : `${line(at, method, params)}\n`);
        } catch (error) {
          unwritable.abort(error);
        }
      },
    });
    await out.flushed();
  } finally {
    await endpoint.end();
    leaving.end();
  }
  if (leaving.gone.aborted) throw leaving.gone.reason as M2mcpError;
  if (unwritable.signal.aborted) throw unwritable.signal.reason;
  if (nothing.signal.aborted) throw nothingToWatch();
  if (!out.gone.aborted) throw endedBySelf();
}

const LISTS = {
  toolsListChanged: "the list of tools",
  promptsListChanged: "the list of prompts",
  resourcesListChanged: "the list of resources",
} as const;

/** What the server tells of, and what of the resources asked for it does not. */
function inWords(filter: JsonObject, uris: readonly string[]): { heard: string[]; unheard: string[] } {
  const subscribed = Array.isArray(filter.resourceSubscriptions) ? filter.resourceSubscriptions : [];
  const lists = Object.entries(LISTS).flatMap(([key, words]) => (filter[key] === true ? [words] : []));
  return {
    heard: [...lists, ...uris.filter((uri) => subscribed.includes(uri))],
    unheard: uris.filter((uri) => !subscribed.includes(uri)),
  };
}

/** `2026-07-28T09:00:00.000Z  resource updated  memo://one` */
function line(at: string, method: string, { uri }: JsonObject): string {
  const [, noun, what] = /^notifications\/(\w+)\/(\w+)$/.exec(method) ?? [];
  const words =
    what === "updated"
      ? ["resource updated", String(uri)]
      : what === "list_changed"
        ? [`${noun} changed`]
        : [method];
  return showControls([at, ...words].join("  "));
}
