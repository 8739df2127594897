import { streamCut, tookTooLong } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { deadlineMs } from "../../timing/deadline.ts";
import { follow } from "../../timing/linked-abort.ts";
import { startTimer } from "../../timing/timer.ts";
import type { Ids } from "../jsonrpc/id.ts";
import type { NotificationMessage, RequestMessage } from "../jsonrpc/message.ts";
import type { SessionSettings } from "../legacy/session-settings.ts";
import type { EraTransport, ServerSide } from "../pairs/era-transport.ts";
import { type ClientEra, transportFor } from "../pairs/pair.ts";
import type { Endpoint, SavedSession, ServerEra } from "../protocol/endpoint.ts";
import { serverSilent } from "../protocol/errors.ts";
import type { OwnIdentity } from "../protocol/meta.ts";
import type { Call, OnMessage } from "../protocol/transport.ts";
import type { Connected, Negotiated } from "./negotiate.ts";
import type { ServerMemories } from "./server-cache.ts";

/** What is known of the server. */
export type ConnectionState =
  | { kind: "unknown" }
  /** The first request asks it; those that come meanwhile wait. */
  | { kind: "negotiating"; done: Promise<Negotiated> }
  | ConnectedState
  /** A refusal spoke of another era: the server is asked anew. Resolves once it is settled what holds. */
  | { kind: "switching"; from: ConnectedState; done: Promise<void> }
  | { kind: "closed" };

export type ConnectedState = { kind: "connected" } & Connected;

/** A client that may go on at another process. */
export interface SharedClient {
  /** The session that it has come with from another process. */
  resumed?: { handshake: NonNullable<ConnectionContext["handshake"]>; session: SavedSession };
  /** What it has set, there too. */
  settings?: SessionSettings;
  /** Told of what the session comes to at the server, and of what takes its place. */
  onSide(side: ServerSide | undefined): void;
}

/** A connection and what belongs to it, for the functions that work on it. */
export interface ConnectionContext {
  readonly endpoint: Endpoint;
  /** Takes what belongs to no request under way. */
  readonly onMessage: OnMessage;
  /** Who asks, where the requests are our own. */
  readonly own: OwnIdentity | undefined;
  readonly ids: Ids;
  /** The eras that may be spoken: all, or those of a pinned version. */
  readonly allowed: readonly ServerEra[];
  /** What a server of another era must be told again. */
  readonly settings: SessionSettings;
  /** What came before the first request showed the era. */
  readonly queued: NotificationMessage[];
  /** Transports that the client itself has left: what is under way there may still be answered. */
  readonly left: EraTransport[];
  /** Requests that were sent again in another era: what refuses them there too is their answer. */
  readonly followed: WeakSet<Call>;
  readonly shared: SharedClient | undefined;
  readonly memories: ServerMemories;
  readonly ended: AbortController;
  client: ClientEra;
  state: ConnectionState;
  /** The client's handshake, for a server that changes its era meanwhile. */
  handshake: { initialize: RequestMessage; initialized?: NotificationMessage } | undefined;
  /** Until then, a refusal is no reason to ask for the era again, in ms of `performance.now()`. */
  cooldownUntilMs: number;
}

/** Makes the transport to a server of one era. @param resumed a session that an earlier process has left open */
export const transportOf =
  (context: ConnectionContext, resumed: SavedSession | undefined) =>
  (era: ServerEra, isWanted: () => boolean = () => true): EraTransport => {
    const { client, endpoint, ids, onMessage, own, memories, shared, handshake } = context;
    return transportFor(client, era, {
      endpoint,
      ids,
      onMessage,
      client: own ?? { clientInfo: undefined, capabilities: {} },
      resumed,
      ...(shared ? { shared: true, ...(resumed && handshake ? { handshake } : {}) } : {}),
      ...(shared?.settings ? { settings: shared.settings } : {}),
      onOpened(opened, session, protocolVersion) {
        if (isWanted()) memories.learn({ era: opened, protocolVersion, ...(session ? { session } : {}) });
      },
    });
  };

/**
 * Does what the first exchange needs, within its own limit: hosts do not wait long for it. A request of our own has a
 * limit already, in which the time of a person who is asked does not count.
 *
 * @param caller ends it too, where the request is our own: of a client's, others wait for what it finds out
 * @throws M2mcpError (exit 3) when the limit is over, or the connection ends
 */
export async function withinFirstLimit<T>(
  { endpoint, ended, client }: ConnectionContext,
  caller: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const host = hostOf(endpoint.url);
  const ownMs = endpoint.connectTimeoutMs;
  const limitMs = ownMs ?? deadlineMs(endpoint.timeoutMs);
  const late = () => (ownMs === undefined ? tookTooLong(host, limitMs) : serverSilent(host, limitMs));
  const over = new AbortController();
  const onEnd = () => over.abort(streamCut(host));
  const isOwn = client === "own";
  const timer = isOwn ? undefined : startTimer(limitMs, () => over.abort(late()));
  const unlink = follow(isOwn ? caller : undefined, over);
  ended.signal.addEventListener("abort", onEnd, { once: true });
  try {
    return await work(over.signal);
  } finally {
    timer?.stop();
    unlink();
    ended.signal.removeEventListener("abort", onEnd);
  }
}

/** What carries requests at the moment, where anything does. */
export function transportNow({ state }: ConnectionContext): EraTransport | undefined {
  if (state.kind === "connected") return state.transport;
  return state.kind === "switching" ? state.from.transport : undefined;
}
