import type { Authorization } from "../../net/authorization.ts";
import type { Guard, Observe } from "./transport.ts";

/** What a server speaks: 2026-07-28, the Streamable HTTP before it, or the HTTP+SSE of 2024-11-05. */
export type ServerEra = "modern" | "legacy" | "sse";

/** Where a tool's arguments are mirrored into headers (MCP 2026-07-28 "x-mcp-header"): path of properties → header. */
export type HeaderMap = { path: string[]; header: string }[];

/** A legacy session that another process may go on with. */
export interface SavedSession {
  id?: string;
  protocolVersion: string;
  /** What was declared in its handshake; absent where that was nothing. */
  capabilities?: object;
  /** What the server set by then: a balancer may know the replica that has the session by it. */
  cookies?: string[];
}

/** What is remembered of an MCP server between runs. */
export interface ServerMemory {
  era?: ServerEra;
  /** Version the server last agreed to. */
  protocolVersion?: string;
  session?: SavedSession;
  /** Earlier ones that declared something else, latest first: a person's and a script's do. */
  otherSessions?: SavedSession[];
  /** For tools with `x-mcp-header` parameters, by tool name. */
  toolHeaders?: Record<string, HeaderMap>;
  /** What it listed last, where it is used as one of several: their names depend on it. */
  names?: { tools?: string[]; prompts?: string[] };
}

/** What is remembered of one server, by its address; shared with other processes. Never rejects. */
export interface ServerCache {
  read(): Promise<ServerMemory | undefined>;
  /** Changes what is remembered; `change` gets what it is by then, and may get nothing. */
  change(change: (old: ServerMemory) => ServerMemory): Promise<void>;
}

/** The remote server as the protocol code sees it: where it is, how to reach it, what is known of it. */
export interface Endpoint {
  url: string;
  /** Headers of the user's own (`--header`), already expanded. */
  headers: [name: string, value: string][];
  authorization: Authorization;
  /** Extensions that are used on the way to the server, to be declared beside the host's own capabilities. */
  extensions: Record<string, object>;
  fetch: typeof fetch;
  /** Version pinned by the user; absent: found by itself. */
  protocol?: string;
  cache: ServerCache;
  /** Silence on a response for this long fails its request. */
  timeoutMs: number;
  /** The same for the first exchange with a server, which hosts do not wait long for. */
  connectTimeoutMs?: number;
  /** For how long a refused connection is tried again before it counts as a failure. */
  reconnectMs: number;
  /** `traceparent` and its like of the environment (W3C Trace Context). */
  trace?: Readonly<Record<string, string>>;
  /** While nobody can take more messages: resolves once somebody can. Long bodies are not read on meanwhile. */
  backpressure?(): Promise<void> | undefined;
  /** What its tools may be used for, where somebody has said so. */
  guard?: Guard;
  /** Who writes down what is asked of it, where somebody does. */
  observe?: Observe;
  /** Each HTTP exchange is logged too. */
  verbose?: boolean;
  /** One line for a person, about what happens; shown with --verbose. */
  log(line: string): void;
}
