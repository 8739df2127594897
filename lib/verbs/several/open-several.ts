// Several saved connections as one endpoint: each is opened as if it were alone.
import type { Command } from "../../command-line/command.ts";
import { suggest } from "../../command-line/suggest.ts";
import { VERSION } from "../../command-line/version.ts";
import { wrongUsage } from "../../failure.ts";
import { createSeveral, type Several } from "../../mcp/merged/several.ts";
import { createExpiringLists } from "../catalogue/expiring-lists.ts";
import type { BridgeRecord } from "../server/bridge-record.ts";
import { BRIDGE, type OpenEndpoint, openEndpoint } from "../target/open-endpoint.ts";
import { profileName } from "../target/server-url.ts";
import { resolveTarget, type Target } from "../target/target.ts";
import { prefixRule } from "./prefix-rule.ts";
import { checkScopes, optionsFor } from "./scoped-options.ts";

/** What hosts are given in the place of one server's endpoint. */
export interface OpenSeveral {
  endpoint: OpenEndpoint & Pick<Several, "connect">;
  targets: readonly Target[];
  /** Resolves once what is kept of changed lists has ended. */
  settled(): Promise<void>;
}

/**
 * Opens several saved connections.
 *
 * @param given `@name` of each
 * @throws M2mcpError as `resolveTarget`, and exit 1 for what is no name, stands twice, or says something of one server alone
 */
export async function openSeveral(record: BridgeRecord, given: readonly string[]): Promise<OpenSeveral> {
  const { command } = record;
  const names = namesOf(given);
  checkScopes(command.options, names);
  const prefix = prefixRule(command.options);
  const opened: { name: string; target: Target; endpoint: OpenEndpoint }[] = [];
  for (const name of names) {
    const one: Command = { ...command, options: optionsFor(command.options, name) };
    const target = record.of(await resolveTarget(one, `@${name}`));
    opened.push({ name, target, endpoint: await openEndpoint(one, target, BRIDGE) });
  }
  const expiring = createExpiringLists(command.io);
  const slow = new Set<string>();
  const unlisted = new Set<string>();
  const several = createSeveral({
    servers: opened,
    prefix,
    version: VERSION,
    suggest,
    onPresence(server, presence) {
      if (presence.kind === "away") {
        command.output.warn(`@${server} is away, and what it has with it: ${presence.reason}`);
        record.away(server, presence.reason);
      } else {
        command.output.note(`@${server} is back, and what it has with it`);
        record.away(server, undefined);
      }
    },
    onLate(server, what) {
      const words = `@${server} is slow: ${what} goes on without it until it has answered`;
      if (slow.has(server)) command.output.step(words);
      else command.output.warn(words);
      slow.add(server);
    },
    onListing(server, method, reason) {
      const key = `${server} ${method}`;
      if (reason === undefined) {
        if (unlisted.delete(key)) command.output.note(`@${server} answers ${method} again`);
      } else if (!unlisted.has(key)) {
        unlisted.add(key);
        command.output.warn(`${method} goes on without @${server}: ${reason}`);
      }
    },
    onListChanged(server, method) {
      const target = opened.find(({ name }) => name === server)?.target;
      if (target) expiring.changed(target, method);
    },
  });
  return {
    endpoint: standIn(command, opened, several),
    targets: opened.map(({ target }) => target),
    settled: expiring.settled,
  };
}

function namesOf(given: readonly string[]): string[] {
  const names = given.map((text) => {
    if (text.startsWith("@")) return profileName(text);
    throw wrongUsage(
      "several servers are given by their names",
      `m2mcp login ${text === "" ? "SERVER" : "<server>"} @name, or m2mcp connect <server> @name, saves one: then @name`,
    );
  });
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw wrongUsage(`@${twice} stands twice`, "name each connection once");
  return names;
}

const nowhere = () => Promise.reject(new Error("several servers have no one address"));

/** An endpoint that stands for all: its address leads nowhere, and tells one set of servers from another. */
function standIn(
  { output, io, options }: Command,
  opened: readonly { name: string; endpoint: OpenEndpoint }[],
  several: Several,
): OpenEndpoint & Pick<Several, "connect"> {
  const names = opened.map(({ name }) => name);
  const addresses = opened.map(({ endpoint }) => encodeURIComponent(endpoint.url));
  return {
    url: `m2mcp://${names.join("+")}/?${addresses.join("&")}`,
    headers: [],
    authorization: { headers: async () => ({}), learn() {} },
    extensions: {},
    fetch: Object.assign(nowhere, { preconnect() {} }),
    cache: {
      read: async () => ({
        get toolHeaders() {
          return several.toolHeaders();
        },
      }),
      async change() {},
    },
    timeoutMs: Math.max(...opened.map(({ endpoint }) => endpoint.timeoutMs)),
    reconnectMs: 0,
    verbose: options.on("verbose"),
    log: (line) => output.step(line, io.now()),
    connect: (connection) => several.connect(connection),
    telemetry: opened[0]?.endpoint.telemetry,
    async end() {
      await several.end();
      await Promise.all(opened.map(({ endpoint }) => endpoint.end()));
    },
  };
}
