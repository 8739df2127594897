// Several servers as one, for all clients of this process.
import { M2mcpError } from "../../failure.ts";
import { withDeadline } from "../../timing/deadline.ts";
import { type Connecting, createConnection } from "../connection/connection.ts";
import { remembered, withSettled } from "../connection/server-cache.ts";
import { createIds } from "../jsonrpc/id.ts";
import { request as requestMessage, resultResponse } from "../jsonrpc/message.ts";
import { answered } from "../protocol/answer.ts";
import type { Endpoint, ServerMemory } from "../protocol/endpoint.ts";
import type { Transport } from "../protocol/transport.ts";
import type { MergedServer, Shared, Upstream } from "./context.ts";
import { allAway, noSign, oddStatus } from "./errors.ts";
import { createMerged } from "./merged.ts";
import { createCatalogue } from "./upstreams/catalogue.ts";
import { type Presence, type PresenceWatch, watchPresence } from "./upstreams/presence.ts";

/** How long a look for a sign of life may take, in ms. */
const LOOK_MS = 8000;

export interface SeveralOptions
  extends Pick<Shared, "prefix" | "version" | "suggest" | "onLate" | "onListing" | "onListChanged"> {
  servers: readonly MergedServer[];
  /** Told when a server goes away, and when it is back. */
  onPresence(server: string, presence: Presence): void;
}

export interface Several extends Connecting {
  /** Where arguments of tools are mirrored into headers, by the client's names of the tools. */
  toolHeaders(): NonNullable<ServerMemory["toolHeaders"]>;
  /** Ends what goes on for no client, and waits for what is being written. */
  end(): Promise<void>;
}

/** Several servers as one; none of them is asked before a client connects. */
export function createSeveral(options: SeveralOptions): Several {
  const { servers, onPresence, ...rest } = options;
  const watchers: Shared["watchers"] = new Set();
  const upstreams = servers.map((server) =>
    upstreamOf(server, (presence) => {
      onPresence(server.name, presence);
      for (const watcher of watchers) watcher(server.name, presence);
    }),
  );
  const shared: Shared = {
    ...rest,
    upstreams,
    names: servers.map(({ name }) => name),
    catalogue: createCatalogue(upstreams, options.prefix),
    watchers,
  };
  return {
    connect: (connection) => (connection.own ? lookedAt(upstreams) : createMerged(shared, connection)),
    toolHeaders() {
      const { nameOf } = shared.catalogue.exposed("tools/list");
      const all = upstreams.flatMap(({ name: server, memory }) =>
        Object.entries(memory()?.toolHeaders ?? {}).map(
          ([name, map]) => [nameOf({ server, name }), map] as const,
        ),
      );
      return Object.fromEntries(all);
    },
    async end() {
      for (const { presence } of upstreams) presence.end();
      await Promise.all(upstreams.map(({ settled }) => settled()));
    },
  };
}

/** One of the servers, with an eye on whether it is there: what fails on its connections shows that it may not be. */
function upstreamOf({ name, endpoint }: MergedServer, onChange: (presence: Presence) => void): Upstream {
  const presence: PresenceWatch = watchPresence({
    look: (signal) => look(endpoint, signal),
    onChange,
    wordsOf: (error) => (error instanceof M2mcpError ? error.message : "it gives no answer"),
  });
  const watched: Endpoint["fetch"] = Object.assign(
    async (...[input, init]: Parameters<typeof fetch>) => {
      try {
        return await endpoint.fetch(input, init);
      } catch (error) {
        if (!init?.signal?.aborted) presence.suspect();
        throw error;
      }
    },
    { preconnect: () => {} },
  );
  const { cache: kept, settled } = withSettled(endpoint.cache);
  const cache = remembered(kept);
  return { name, endpoint: { ...endpoint, fetch: watched, cache }, presence, memory: cache.now, settled };
}

/** For whoever asks in our own name: there is an answer where any of them gives one. */
function lookedAt(upstreams: readonly Upstream[]): Transport {
  return {
    async request({ message, signal }) {
      const looks = upstreams.map(async ({ endpoint, name }) => {
        await look(endpoint, signal).catch((error: unknown) => {
          throw new Error(`@${name}: ${error instanceof M2mcpError ? error.code : "it failed"}`);
        });
      });
      await Promise.any(looks).catch((error: unknown) => {
        throw allAway(error instanceof AggregateError ? error.errors.map(({ message: words }) => words) : []);
      });
      return answered(resultResponse(message.id, {}));
    },
    async notify() {},
    async respond() {},
    async close() {},
  };
}

const WORDS = { clientInfo: { name: "m2mcp", version: "0" }, capabilities: {} };

/** Asks a server for a sign of life, in our own name. @throws M2mcpError where there is none */
async function look(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
  const { guard: _guard, observe: _observe, connectTimeoutMs: _limit, ...bare } = endpoint;
  const connection = createConnection({
    endpoint: { ...bare, reconnectMs: 0, timeoutMs: LOOK_MS },
    onMessage: async () => {},
    own: WORDS,
  });
  const message = requestMessage(createIds().next(), "ping", {});
  try {
    const asking = connection.request({ message, signal, onMessage: async () => {} });
    const answer = await withDeadline(asking, LOOK_MS, () => noSign(LOOK_MS));
    // A server that does not know the method is one that answers.
    if (answer.kind === "refused" && !answer.error) throw oddStatus(answer.status);
  } finally {
    void connection.close("leave");
  }
}
