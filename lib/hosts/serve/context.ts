import type { Id } from "../../mcp/jsonrpc/id.ts";
import type { NotificationMessage, RequestMessage } from "../../mcp/jsonrpc/message.ts";
import type { Pending } from "../../mcp/jsonrpc/pending.ts";
import type { ServerSide } from "../../mcp/pairs/era-transport.ts";
import type { Endpoint } from "../../mcp/protocol/endpoint.ts";
import type { Interceptor, Transport } from "../../mcp/protocol/transport.ts";
import type { Semaphore } from "../../timing/semaphore.ts";
import type { Observer } from "../bridge-context.ts";
import type { Endings } from "./endings.ts";
import type { Reply } from "./http/reply.ts";
import type { Delivery } from "./legacy/delivery/delivery.ts";
import type { KeptAnswers } from "./legacy/delivery/kept-answers.ts";
import type { SessionMemory } from "./legacy/memory.ts";
import type { SessionId } from "./legacy/session-id.ts";
import type { KeptSettings } from "./legacy/settings.ts";
import type { SessionHolder } from "./modern/session-holder.ts";
import type { PeerWatch } from "./reach.ts";
import type { Seals } from "./seals.ts";

/** A request that a client has not its answer to. */
export interface Owed {
  readonly cancel: AbortController;
  readonly message: RequestMessage;
}

/** Requests of one client, or of several that say the same of themselves, and what carries them. */
export interface Carrier {
  readonly connection: Transport;
  /** What it comes to at the server, once that is known. */
  side: ServerSide | undefined;
  /** How much is under way. */
  underWay: number;
  lastUsedMs: number;
  /** What is under way, but for subscriptions. */
  readonly replies: Set<Reply>;
}

/** A legacy client's session, as far as this process has it. */
export interface HostedSession extends Carrier {
  /** The client's handshake. */
  readonly initialize: RequestMessage;
  /** The version that was agreed with the client. */
  version: string;
  /** Of all the ids that its client is given, whichever process gives them. */
  readonly key: string;
  /** The id that the client was given last. */
  id: string;
  /** How many it was given before, in all processes. */
  turn: number;
  /** What that id holds. */
  sealed: string;
  /** The id that others find. */
  published?: string;
  /** What its client has set: a process that goes on with it sets that again. */
  readonly settings: KeptSettings;
  readonly owed: Pending<Owed>;
  /** Where what belongs to no request goes. */
  stream: Reply | undefined;
  /** Why nothing can be asked in it for now: its server is away. */
  readonly failure?: { error: unknown };
  /** Where what belongs to a request goes, by its id. */
  readonly deliveries: Map<Id, Delivery>;
  /** Requests that the client has cancelled while they were not under way here. */
  readonly cancelled: Set<Id>;
  /** What the server asks that can be answered here alone, by our own ids: those that the client knows, and what for. */
  readonly questions: Map<Id, { id: Id; of: Delivery | undefined }>;
}

/** This process as others that share the key find it. */
export interface Self {
  /** `host:port`, or `unix:` and a path. */
  address: string;
  /** One start of it and no other. */
  instance: string;
}

/** All that the functions of this host work on. */
export interface ServeContext {
  readonly endpoint: Endpoint;
  readonly seals: Seals;
  readonly observer: Observer;
  /** Sees each request of a client's, where somebody measures them. */
  readonly intercept: Interceptor | undefined;
  /** Known once it listens. */
  self: Self;
  /** By their keys. */
  readonly sessions: Map<string, Promise<HostedSession | undefined>>;
  /** Keys of sessions that clients have ended, as far as it is known here. */
  readonly ended: Set<string>;
  /** Questions of processes that have ended, as their answers were taken here. */
  readonly answered: Set<Id>;
  readonly kept: KeptAnswers;
  /** Ids as they were read. */
  readonly read: Map<string, SessionId>;
  /** The latest ids of sessions that one process holds, by their keys. */
  readonly latest: Map<string, string>;
  /** Where processes find what clients have set; absent where there is no such place. */
  readonly memory: SessionMemory | undefined;
  /** When that was asked for a session, in ms of `performance.now()`, by the session's key. */
  readonly looked: Map<string, number>;
  /** Until when other processes count as reached, in ms of `performance.now()`, by address. */
  readonly reached: Map<string, number>;
  /** What looks after the ways to those that have requests of ours, by address. */
  readonly watches: Map<string, PeerWatch>;
  /** Until when others that did not come back are not asked for their sessions, in the same way. */
  readonly away: Map<string, number>;
  /** For modern clients, by what they say of themselves. */
  readonly carriers: Map<string, Carrier>;
  /** Which process has the server's session for them; undefined where each has its own. */
  readonly holder: SessionHolder | undefined;
  readonly permits: Semaphore;
  /** Requests that are being answered. */
  readonly replies: Set<Reply>;
  /** Ends subscriptions, which wait for nothing, and bodies that do not come. */
  readonly endings: Endings;
  onMessageDone(length: number): void;
  onListChanged(method: string): void;
}

/** What came of the server besides answers, on its way to a client. */
export type Heard = NotificationMessage | RequestMessage;
