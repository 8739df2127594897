// The HTTP host: gives any HTTP client the server, without its knowing of authorization (MCP "Streamable HTTP"). Nothing
// is kept here that another process with the same key would need.
import type { Server } from "node:http";
import { remembered } from "../../mcp/connection/server-cache.ts";
import type { Endpoint } from "../../mcp/protocol/endpoint.ts";
import { createSemaphore } from "../../timing/semaphore.ts";
import { until, untilAborted } from "../../timing/until.ts";
import type { Observer } from "../bridge-context.ts";
import type { Self, ServeContext } from "./context.ts";
import { Endings } from "./endings.ts";
import { keepTidy } from "./housekeeping.ts";
import { type AdmissionRules, type Bearer, isLoopbackName } from "./http/admission.ts";
import { addressOf, type Listen, listening, shownAddress } from "./http/listening.ts";
import { passOver } from "./http/pass-over.ts";
import { Reply, untilGone } from "./http/reply.ts";
import { leaveWaiting } from "./legacy/delivery/delivery.ts";
import { KeptAnswers } from "./legacy/delivery/kept-answers.ts";
import type { SessionMemory } from "./legacy/memory.ts";
import type { Measures } from "./measures.ts";
import type { Claims } from "./modern/claims.ts";
import { createSessionHolder } from "./modern/session-holder.ts";
import { createReadiness } from "./readiness.ts";
import { type Routing, route } from "./routes.ts";
import { createSeals } from "./seals.ts";

/** Requests under way at the server at once; further ones wait. */
const MAX_REQUESTS = 2048;
/** Clients' connections at once; further ones are closed. */
const MAX_CONNECTIONS = 8192;
/** Longest head of a request, in bytes. */
const MAX_HEAD_BYTES = 32 * 1024;
/** How long a client may take for a request's head, in ms. */
const HEAD_MS = 20_000;
/** How long a connection at rest is kept, in ms. */
const REST_MS = 75_000;

export interface ServeOptions {
  endpoint: Endpoint;
  listen: Listen;
  /** 32 bytes that all replicas share. */
  key: Uint8Array;
  /** Where processes that share the key find what clients have set. */
  memory?: SessionMemory | undefined;
  /** Where they agree on who has the server's session for modern clients. */
  claims?: Claims | undefined;
  bearer?: Bearer;
  allowedHosts: readonly string[];
  /** Told where it listens by now. */
  onListening(address: string): void;
  /** Ends it: nothing new is taken, what is under way is answered. */
  stop: AbortSignal;
  /** Ends it without waiting. */
  kill: AbortSignal;
  /** How long answers may take after `stop`, in ms. */
  drainMs: number;
  observer: Observer;
  /** What is measured of it, where somebody does. */
  measures?: Measures | undefined;
  onMessageDone(length: number): void;
  onListChanged(method: string): void;
}

/**
 * Serves until `stop`, and what is under way then. @throws M2mcpError cannot_listen (exit 1)
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { endpoint, stop, kill, drainMs, bearer, allowedHosts, listen } = options;
  const context = contextOf(options);
  const readiness = createReadiness(context.endpoint);
  const rules: AdmissionRules = {
    isLoopback: listen.kind === "tcp" && isLoopbackName(listen.host),
    allowedHosts,
    ...(bearer === undefined ? {} : { bearer }),
  };
  const ready = async () =>
    stop.aborted ? { ok: false, words: "it is ending" } : readiness.look(AbortSignal.any([stop, kill]));
  const { measures } = options;
  const server = createServer(context, { context, rules, stop, ready, page: measures?.page }, measures?.http);
  measures?.http.countSessions(() => context.sessions.size);
  await listening(server, listen, bearer !== undefined);
  context.self.address = addressOf(server, listen);
  options.onListening(shownAddress(server, listen));
  const stopTidying = keepTidy(context);
  // That may have been wanted before it listened.
  await untilAborted(AbortSignal.any([stop, kill]));
  endpoint.log("ending: nothing new is taken");
  const released = context.holder?.end();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections?.();
  await drain(context, drainMs, kill);
  server.closeAllConnections?.();
  await until(closed, 500, kill);
  stopTidying();
  await Promise.all([closeAll(context), readiness.end(), released]);
}

function contextOf(options: ServeOptions): ServeContext {
  const { endpoint, key, observer, claims, onMessageDone, onListChanged } = options;
  const seals = createSeals(key, endpoint.url);
  const self: Self = { address: "", instance: crypto.randomUUID() };
  return {
    endpoint: { ...endpoint, cache: remembered(endpoint.cache) },
    seals,
    observer,
    intercept: options.measures?.intercept,
    self,
    sessions: new Map(),
    ended: new Set(),
    answered: new Set(),
    kept: new KeptAnswers(),
    read: new Map(),
    latest: new Map(),
    memory: options.memory,
    looked: new Map(),
    reached: new Map(),
    watches: new Map(),
    away: new Map(),
    carriers: new Map(),
    holder: claims && createSessionHolder(claims, { self, seals, log: endpoint.log }),
    permits: createSemaphore(MAX_REQUESTS),
    replies: new Set(),
    endings: new Endings(),
    onMessageDone,
    onListChanged,
  };
}

function createServer(context: ServeContext, routing: Routing, watch: Measures["http"] | undefined): Server {
  const http = process.getBuiltinModule("node:http");
  const server = http.createServer(
    { maxHeaderSize: MAX_HEAD_BYTES, headersTimeout: HEAD_MS, keepAliveTimeout: REST_MS, requestTimeout: 0 },
    (incoming, response) => {
      const reply = new Reply(response);
      context.replies.add(reply);
      let told: ReturnType<Measures["http"]["begin"]> | undefined;
      reply.whenGone(() => {
        context.replies.delete(reply);
        told?.(response.headersSent ? response.statusCode : undefined);
        if (!incoming.complete) passOver(incoming);
      });
      if (watch) told = watch.begin(incoming, () => void route(routing, incoming, reply));
      else void route(routing, incoming, reply);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  // Streams are quiet for long.
  server.timeout = 0;
  return server;
}

/** Lets the answers under way come, for a time; streams that wait for nothing end at once. */
async function drain(context: ServeContext, drainMs: number, kill: AbortSignal): Promise<void> {
  context.endings.begin();
  await leaveWaiting(context);
  const over = performance.now() + drainMs;
  while (context.replies.size > 0 && !kill.aborted && performance.now() < over) {
    const gone = [...context.replies].map(untilGone);
    await until(Promise.race(gone), Math.min(200, Math.max(0, over - performance.now())), kill);
  }
}

/** Sessions stay open at the server: their clients go on at another process. */
async function closeAll({ sessions, carriers }: ServeContext): Promise<void> {
  const open = await Promise.all([...sessions.values()].map((session) => session.catch(() => undefined)));
  const all = [...new Set(open), ...carriers.values()];
  await Promise.all(all.map((carrier) => carrier?.connection.close("leave")));
}
