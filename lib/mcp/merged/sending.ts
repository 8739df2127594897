// One request to one of the servers, and what it says meanwhile.
import { EXIT, M2mcpError } from "../../failure.ts";
import { quietly } from "../../timing/quietly.ts";
import { until } from "../../timing/until.ts";
import { idOf } from "../jsonrpc/id.ts";
import { errorResponse, exactResult, type RequestMessage, resultResponse } from "../jsonrpc/message.ts";
import { type Answer, answered, resultOrErrorIn } from "../protocol/answer.ts";
import { metaOf } from "../protocol/meta.ts";
import { type Call, Cancellation, type OnMessage } from "../protocol/transport.ts";
import { isAway, type Member, type MergedContext } from "./context.ts";
import { serverAway } from "./errors.ts";
import { uriFor } from "./lists/uri-owners.ts";
import { marked } from "./words/marks.ts";
import {
  errorForClient,
  mayConcern,
  messageForClient,
  resultForClient,
  type Speaker,
} from "./words/to-client.ts";

/** How long a request waits for a server that is being reached, or looked for, in ms. */
const REACH_MS = 5000;
/** Statuses that say nothing of a request, but of a server or of what stands before it. */
const isOfServer = (status: number) => status >= 500 || status === 401 || status === 403 || status === 404;
/** Failures before anything was sent. */
const UNSENT = ["connection_refused", "connection_failed"];
/** Failures of a server that is away: of the way to it, of the way to a token, and what a gateway says in its place. */
const MAY_BE_AWAY: readonly number[] = [EXIT.network, EXIT.auth, EXIT.server];

const speakerOf = (context: MergedContext, { name }: Member): Speaker => ({
  server: name,
  uriFor: (uri) => uriFor(context, name, uri),
});

/**
 * Sends a request on to the one server that it is for.
 *
 * @param message as that server gets it
 * @param what it is about, for a person
 * @throws M2mcpError where it is away, or gave no answer
 */
export async function sendTo(
  context: MergedContext,
  member: Member,
  call: Call,
  message: RequestMessage,
  what: string,
): Promise<Answer> {
  await reached(member, call.signal, what);
  const token = idOf(metaOf(call.message).progressToken);
  const mine = token !== undefined && { token, server: member.name };
  if (mine) context.tokens.add(mine);
  try {
    const answer = await ask(context, member, { ...call, message });
    return forClient(context, member, call.message, answer);
  } catch (error) {
    throw error instanceof M2mcpError && UNSENT.includes(error.code)
      ? serverAway(member.name, error.message, what)
      : error;
  } finally {
    if (mine) context.tokens.delete(mine);
  }
}

/** Waits for a server that is being reached, or may be back. @throws M2mcpError server_away */
async function reached(member: Member, signal: AbortSignal, what: string): Promise<void> {
  const { upstream, name } = member;
  const limit = (work: Promise<unknown>) => until(quietly(work), REACH_MS, signal);
  if (isAway(member)) await limit(upstream.presence.lookNow());
  if (member.state.kind === "opening") await limit(member.state.done);
  const presence = upstream.presence.now();
  if (presence.kind === "away") throw serverAway(name, presence.reason, what);
}

/** Asks one server, under its own names; what comes of it tells whether it is there. @throws as `Transport.request` */
export async function ask(context: MergedContext, member: Member, call: Call): Promise<Answer> {
  const { connection, upstream } = member;
  const { onEventId } = call;
  try {
    const answer = await connection.request({
      ...call,
      onMessage: heardBy(context, member, call.onMessage),
      // Where it can be resumed is known to the one server alone.
      ...(onEventId
        ? { onEventId: (id, isAlone, retryMs) => onEventId(marked(member.name, id), isAlone, retryMs) }
        : {}),
    });
    if (answer.kind === "refused" && isOfServer(answer.status)) upstream.presence.suspect();
    else if (answer.kind === "response") upstream.presence.answered();
    return answer;
  } catch (error) {
    if (error instanceof M2mcpError && MAY_BE_AWAY.includes(error.exitCode))
      if (!(call.signal.reason instanceof Cancellation)) upstream.presence.suspect();
    throw error;
  }
}

/** An answer as the client gets it. That a server refused is its own word, not that of the session with all of them. */
function forClient(context: MergedContext, member: Member, { id }: RequestMessage, answer: Answer): Answer {
  const speaker = speakerOf(context, member);
  const read = resultOrErrorIn(answer, member.upstream.endpoint.url);
  if (read.kind === "error") {
    const error = errorForClient(read.error, speaker);
    const isSame = answer.kind === "response" && error === read.error;
    return isSame ? answer : answered(errorResponse(id, error));
  }
  const { message } = read;
  if (!mayConcern(message.text)) return answer;
  const result = exactResult(message);
  const changed = resultForClient(result, speaker);
  if (changed === result) return answer;
  const { continuation } = message;
  const told = resultResponse(id, changed);
  return answered(continuation ? { ...told, continuation } : told);
}

/** Takes what one server says, and brings it to the client in the client's terms. */
export function heardBy(context: MergedContext, member: Member, to: OnMessage): OnMessage {
  return async (message) => {
    const { shared } = context;
    const { name, upstream } = member;
    upstream.presence.answered();
    if (message.kind === "notification") {
      const list = /^notifications\/(tools|prompts|resources)\/list_changed$/.exec(message.method)?.[1];
      if (list !== undefined) {
        shared.catalogue.forget(name, `${list}/`);
        shared.onListChanged(name, message.method);
      }
      // Of a request to another server, this one can know nothing.
      const token =
        message.method === "notifications/progress" ? idOf(message.params.progressToken) : undefined;
      const owners = token === undefined ? [] : [...context.tokens].filter((one) => one.token === token);
      if (owners.length > 0 && !owners.some(({ server }) => server === name)) return;
    }
    await to(messageForClient(message, speakerOf(context, member)));
  };
}
