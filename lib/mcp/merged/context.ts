import type { JsonObject } from "../../json.ts";
import type { Id } from "../jsonrpc/id.ts";
import type { NotificationMessage, RequestMessage } from "../jsonrpc/message.ts";
import type { ServerSide } from "../pairs/era-transport.ts";
import type { Endpoint, ServerMemory } from "../protocol/endpoint.ts";
import type { OnMessage, Transport } from "../protocol/transport.ts";
import type { Listen } from "./listens.ts";
import type { Catalogue } from "./upstreams/catalogue.ts";
import type { Presence, PresenceWatch } from "./upstreams/presence.ts";
import type { Own, PrefixRule } from "./words/names.ts";

/** One of several servers, with all that is its own: token, connections, era, filters. */
export interface MergedServer {
  /** Its profile's name. */
  name: string;
  endpoint: Endpoint;
}

/** One of the servers, for all clients of this process. */
export interface Upstream extends MergedServer {
  presence: PresenceWatch;
  /** What is remembered of it, as far as it was read. */
  memory(): ServerMemory | undefined;
  /** Resolves when what was learned of it is written. */
  settled(): Promise<void>;
}

/** What all clients of this process share. */
export interface Shared {
  readonly upstreams: readonly Upstream[];
  readonly names: readonly string[];
  readonly prefix: PrefixRule;
  /** This program's version. */
  readonly version: string;
  readonly catalogue: Catalogue;
  /** Clients that want to know when a server goes away or comes back. */
  readonly watchers: Set<(server: string, presence: Presence) => void>;
  suggest(typed: string, words: readonly string[]): string | undefined;
  /** A server is slow to answer, and was left out for now. */
  onLate(server: string, what: string): void;
  /** A server that is there gives no list, or does again. @param reason undefined: it does */
  onListing(server: string, method: string, reason: string | undefined): void;
  onListChanged(server: string, method: string): void;
}

/** What the client's handshake came to at one server. */
export type MemberState =
  /** Nothing was said there yet. */
  | { kind: "new" }
  | { kind: "opening"; done: Promise<unknown> }
  | { kind: "open"; capabilities?: JsonObject }
  | { kind: "failed" };

/** One client's connection to one of the servers. */
export interface Member {
  readonly upstream: Upstream;
  readonly name: string;
  connection: Transport;
  state: MemberState;
  side: ServerSide | undefined;
}

/** One client at all of the servers, for the functions that work on it. */
export interface MergedContext {
  readonly shared: Shared;
  readonly members: ReadonlyMap<string, Member>;
  /** Takes what belongs to no request under way. */
  readonly onMessage: OnMessage;
  /** Which era the client is of, once it has asked something. */
  era: "legacy" | "modern" | undefined;
  /** The client's handshake, for servers that are reached later. */
  handshake: RequestMessage | undefined;
  initialized: NotificationMessage | undefined;
  level: RequestMessage | undefined;
  /** What a modern client says of itself on each request. */
  identity: JsonObject;
  /** What the client was told of names and URIs: they go on meaning that. */
  readonly told: {
    tools: Map<string, Own>;
    prompts: Map<string, Own>;
    uris: Map<string, Own>;
    /** The URIs that the client has subscribed to, by server and the server's own. */
    subscribed: Map<string, string>;
  };
  /** Whose progress goes under which token, as far as requests are under way; clients that share this may choose the same. */
  readonly tokens: Set<{ token: Id; server: string }>;
  /** Pages that came too late for the list that they were asked for, by server and method. */
  readonly late: Map<string, JsonObject>;
  /** Lists that servers still owe, by server and method, and how many requests are under way for each. */
  readonly pending: Map<string, number>;
  /** Lists that servers refused, by server and method, with the server. */
  readonly missing: Map<string, string>;
  readonly listens: Set<Listen>;
  readonly ended: AbortController;
  /** Ids of our own for requests to the servers. */
  nextId(): Id;
}

/** What the client was told of a list's names or URIs; undefined of lists whose names lead back by themselves. */
export function toldOf(context: MergedContext, list: "tools/list" | "prompts/list"): Map<string, Own>;
export function toldOf(context: MergedContext, list: string): Map<string, Own> | undefined;
export function toldOf({ told }: MergedContext, list: string): Map<string, Own> | undefined {
  switch (list) {
    case "tools/list":
      return told.tools;
    case "prompts/list":
      return told.prompts;
    case "resources/list":
      return told.uris;
    default:
      return undefined;
  }
}

export const isAway = ({ upstream }: Member): boolean => upstream.presence.now().kind === "away";

/** What a server offers, where that is known. */
const capabilitiesOf = ({ state }: Member): JsonObject | undefined =>
  state.kind === "open" ? state.capabilities : undefined;

/** Whether a server may have something; one that was not asked may have anything. */
export const mayOffer = (member: Member, feature: string): boolean => {
  const capabilities = capabilitiesOf(member);
  return capabilities === undefined || feature in capabilities;
};
