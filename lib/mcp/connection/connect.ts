import type { RequestMessage } from "../jsonrpc/message.ts";
import { createStatelessHttp } from "../modern/stateless-http.ts";
import { withDeclarations } from "../pairs/declarations.ts";
import { discover } from "../pairs/same-era.ts";
import type { Answer } from "../protocol/answer.ts";
import type { SavedSession, ServerEra, ServerMemory } from "../protocol/endpoint.ts";
import type { Call } from "../protocol/transport.ts";
import { clientEra } from "../protocol/versions.ts";
import { type ConnectionContext, transportOf, withinFirstLimit } from "./connection-state.ts";
import { inOurWords } from "./for-client.ts";
import { type Negotiated, negotiate } from "./negotiate.ts";
import { sessionDeclaring } from "./server-cache.ts";

/**
 * Lets the first request ask the server; those that come meanwhile wait for it.
 *
 * @returns its answer, where it was itself the question, or the server's refusal; nothing where it may be sent now
 * @throws M2mcpError when there is no answer at all
 */
export async function connect(context: ConnectionContext, call: Call): Promise<Answer | undefined> {
  const done = withinFirstLimit(context, call.signal, (signal) => ask(context, { ...call, signal }));
  const mine = { kind: "negotiating", done } as const;
  context.state = mine;
  let found: Negotiated;
  try {
    found = await done;
  } catch (error) {
    if (context.state === mine) context.state = { kind: "unknown" };
    throw error;
  }
  if (found.kind === "refused") {
    if (context.state === mine) context.state = { kind: "unknown" };
    return inOurWords(context.client, context.endpoint.protocol, found);
  }
  const { connected, answer } = found;
  if (connected.proven) learnEra(context, connected.era);
  if (context.state === mine) {
    context.state = { kind: "connected", ...connected };
    context.shared?.onSide(connected.transport.side);
  }
  for (const message of context.queued.splice(0)) void connected.transport.notify(message);
  return answer;
}

/** Goes on in a session that the client has opened at another process. */
export function resume(context: ConnectionContext, session: SavedSession): void {
  const transport = transportOf(context, session)("legacy");
  context.state = { kind: "connected", era: "legacy", transport, proven: true, isResumed: false };
  context.shared?.onSide(transport.side);
}

/** Before the handshake there is no session that a ping could be sent in (MCP 2025-11-25 "Initialization"). */
export const isEarlyPing = (
  { state, handshake, client }: ConnectionContext,
  message: RequestMessage,
): boolean =>
  message.method === "ping" &&
  state.kind === "unknown" &&
  !handshake &&
  client !== "own" &&
  clientEra(message) === "legacy";

/** A pinned version says nothing of what the server would rather speak, but for its transport. */
export function learnEra({ endpoint, client, memories }: ConnectionContext, era: ServerEra): void {
  if (endpoint.protocol === undefined || era === "sse" || client === "own") memories.learn({ era });
}

async function ask(context: ConnectionContext, first: Call): Promise<Negotiated> {
  const { allowed, client, endpoint } = context;
  const memory = await context.memories.recall();
  const known = memory?.era && allowed.includes(memory.era) ? memory.era : undefined;
  // A pinned version leaves no question, but for the transport of the legacy ones.
  const [only] = allowed.length === 1 || (client === "own" && endpoint.protocol !== undefined) ? allowed : [];
  return negotiate(first, {
    eras: [await firstEra(context, first, known)],
    allowed,
    known: known ?? only,
    transportOf: transportOf(context, resumable(context, memory)),
    guesses: client === "own",
    endpoint,
  });
}

/** The era to ask first: the one that is known, else the client's own. */
async function firstEra(
  context: ConnectionContext,
  first: Call,
  known: ServerEra | undefined,
): Promise<ServerEra> {
  const { allowed, client } = context;
  if (known) return known;
  // A client that skips the handshake cannot be asked for it: the server is, in our own name.
  if (client === "legacy" && !isHandshake(first.message) && allowed.includes("modern"))
    return discoverEra(context, first);
  const preferred = client === "own" ? "modern" : client;
  return allowed.includes(preferred) ? preferred : (allowed[0] ?? preferred);
}

const isHandshake = ({ method }: RequestMessage) => method === "initialize";

async function discoverEra(context: ConnectionContext, first: Call): Promise<ServerEra> {
  const { endpoint, ids } = context;
  const transport = withDeclarations(createStatelessHttp(endpoint, ids), endpoint);
  const opened = await discover(transport, ids, { ...first, onMessage: async () => {} });
  if (opened.kind === "refused") return "legacy";
  learnEra(context, "modern");
  return "modern";
}

/** The session of an earlier command that declared the same, in the version that is wanted now. */
function resumable({ endpoint, own }: ConnectionContext, memory: ServerMemory | undefined) {
  if (memory?.era !== "legacy") return undefined;
  const session = sessionDeclaring(memory, own?.capabilities);
  const isWanted = endpoint.protocol === undefined || session?.protocolVersion === endpoint.protocol;
  return isWanted ? session : undefined;
}
