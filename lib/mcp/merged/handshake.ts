// The client's handshake with all of the servers, those that are reached later included.
import { M2mcpError } from "../../failure.ts";
import { oneLine } from "../../net/one-line.ts";
import { quietly } from "../../timing/quietly.ts";
import {
  errorResponse,
  exactResult,
  type NotificationMessage,
  type RpcError,
  requestWithId,
  resultResponse,
} from "../jsonrpc/message.ts";
import { type Answer, answered, errorIn, resultOrErrorIn, toRpcError } from "../protocol/answer.ts";
import type { Call } from "../protocol/transport.ts";
import { tellChanges } from "./changes.ts";
import { isAway, type Member, type MergedContext } from "./context.ts";
import { allAway } from "./errors.ts";
import { ask } from "./sending.ts";
import { gathered } from "./upstreams/gathered.ts";
import { unlessAway } from "./upstreams/unless-away.ts";
import { discoverOf, initializeOf, type Offer } from "./words/offers.ts";

/** How long a handshake waits for servers that are slower than others, in ms: hosts give up after 10 s, some of them. */
const OPEN_MS = 4000;

/** Longest reason that is told, in characters. */
const LONGEST_REASON = 200;

/** A server's refusal, told as an error. */
class Refusal extends Error {
  readonly error: RpcError;
  /** It is its own word, said to this client; else a status that says nothing of the client. */
  readonly isWord: boolean;
  constructor(error: RpcError, isWord: boolean) {
    super(error.message);
    this.error = error;
    this.isWord = isWord;
  }
}

const wordsOf = (error: unknown): string =>
  error instanceof M2mcpError || error instanceof Refusal ? error.message : "internal error";

/** Answers `initialize` or `server/discover` for all of them, as soon as those that are there have; all being away is an error. */
export async function shakeHands(context: MergedContext, call: Call): Promise<Answer> {
  const { shared, members } = context;
  const { id, method, params } = call.message;
  if (method === "initialize") {
    context.handshake = call.message;
    context.initialized = undefined;
  }
  const asked = [...members.values()].filter((member) => !isAway(member));
  // All away: one of them may be back by now.
  const works = new Map(
    (asked.length > 0 ? asked : [...members.values()]).map((member) => [
      member.name,
      unlessAway(context, member, method, open(context, member, call)),
    ]),
  );
  const outcomes = await gathered(works, OPEN_MS);
  const offers: Offer[] = [];
  const reasons: string[] = [];
  let first: RpcError | undefined;
  for (const [server, outcome] of outcomes) {
    if (outcome.kind === "done") offers.push({ server, result: outcome.value });
    if (outcome.kind === "late") beLate(context, server, works.get(server));
    if (outcome.kind !== "failed") continue;
    const { error } = outcome;
    const presence = members.get(server)?.upstream.presence.now();
    reasons.push(`@${server}: ${presence?.kind === "away" ? presence.reason : wordsOf(error)}`);
    first ??= error instanceof Refusal ? error.error : toRpcError(error);
    if (!call.signal.aborted) beRefused(context, server, method, error);
  }
  if (offers.length === 0) {
    // The only one that was asked speaks for itself: versions in common, for one.
    const error = reasons.length > 1 || !first ? toRpcError(allAway(reasons)) : first;
    return answered(errorResponse(id, error));
  }
  const answerer = { servers: shared.names, version: shared.version };
  const result =
    method === "initialize"
      ? initializeOf(offers, params.protocolVersion, answerer)
      : discoverOf(offers, answerer);
  return answered(resultResponse(id, result));
}

/** What one client is refused says of no other whether the server is there: that is looked for. */
function beRefused(context: MergedContext, server: string, method: string, error: unknown): void {
  const presence = context.members.get(server)?.upstream.presence;
  if (error instanceof Refusal && error.isWord) {
    context.shared.onListing(server, method, oneLine(error.message, LONGEST_REASON));
    presence?.suspect();
  } else presence?.failed(wordsOf(error));
}

/** One that is slow comes in when it can; the client then hears that there is more. */
function beLate(context: MergedContext, server: string, work: Promise<unknown> | undefined): void {
  const member = context.members.get(server);
  context.shared.onLate(server, "the handshake");
  member?.upstream.presence.suspect();
  work?.then(
    () => member && tellChanges(context, member),
    (error: unknown) => member?.upstream.presence.failed(wordsOf(error)),
  );
}

/**
 * The client's handshake with one server, and what it has said since. Goes on when the client's request is over.
 *
 * @returns what the server said of itself @throws M2mcpError, Refusal
 */
function open(context: MergedContext, member: Member, call: Call) {
  const work = greet(context, member, call);
  const mine = { kind: "opening", done: quietly(work) } as const;
  // What a modern client asks again changes nothing of what is known.
  if (member.state.kind !== "open" || call.message.method === "initialize") member.state = mine;
  return work.then(
    (result) => {
      const { capabilities } = result;
      member.state = { kind: "open", capabilities: (capabilities ?? {}) as Record<string, unknown> };
      context.shared.onListing(member.name, call.message.method, undefined);
      return result;
    },
    (error: unknown) => {
      if (member.state === mine) member.state = { kind: "failed" };
      throw error;
    },
  );
}

async function greet(context: MergedContext, member: Member, call: Call) {
  const answer = await ask(context, member, { ...call, signal: context.ended.signal });
  const read = resultOrErrorIn(answer, member.upstream.endpoint.url);
  if (read.kind === "error") throw new Refusal(read.error, errorIn(answer) !== undefined);
  if (call.message.method === "initialize") await catchUp(context, member);
  return exactResult(read.message);
}

/** Tells a server that is reached late what the client has said meanwhile. */
async function catchUp(context: MergedContext, { connection }: Member): Promise<void> {
  if (context.initialized) await connection.notify(context.initialized);
  const { level } = context;
  if (!level) return;
  const message = requestWithId(level, context.nextId());
  void quietly(connection.request({ message, signal: context.ended.signal, onMessage: context.onMessage }));
}

/** The client is ready: told to all that it has greeted; to others when they are. */
export async function tellInitialized(context: MergedContext, message: NotificationMessage): Promise<void> {
  context.initialized = message;
  const members = [...context.members.values()];
  // Where the client asks for streams one by one, a modern server is listened to once it does: see `streamOf`.
  const isStreamed = members.some(({ side }) => side?.session !== undefined);
  await Promise.all(
    members.map(({ state, connection, side }) =>
      state.kind === "open" && !(isStreamed && side?.era === "modern")
        ? connection.notify(message)
        : undefined,
    ),
  );
}

/** A server is back, or may be had for the first time: it is greeted, if it was not, and the client told of its lists. */
export async function welcome(context: MergedContext, member: Member): Promise<void> {
  const { handshake, ended } = context;
  if (member.state.kind === "opening") await member.state.done;
  if (handshake && member.state.kind !== "open") {
    const message = requestWithId(handshake, context.nextId());
    const call: Call = { message, signal: ended.signal, onMessage: context.onMessage };
    // It is there, and refuses this client: tried again when the client lists.
    if (!(await open(context, member, call).catch(() => undefined))) return;
  }
  await tellChanges(context, member);
}
