import { ownRequest, type RequestMessage, requestWithId } from "../jsonrpc/message.ts";
import { repeatSettings, tellChanges } from "../legacy/restore.ts";
import type { Answer } from "../protocol/answer.ts";
import type { ServerEra } from "../protocol/endpoint.ts";
import { LISTEN } from "../protocol/subscription.ts";
import type { Call } from "../protocol/transport.ts";
import { judge } from "../protocol/verdict.ts";
import { learnEra } from "./connect.ts";
import {
  type ConnectedState,
  type ConnectionContext,
  transportOf,
  withinFirstLimit,
} from "./connection-state.ts";
import { type Negotiated, negotiate } from "./negotiate.ts";

/** After eras were asked in vain, the time in which a refusal is no reason to ask again, in ms. */
const COOLDOWN_MS = 60_000;

/**
 * Whether an answer shows that the server is of another era by now, or has forgotten a session that an earlier process
 * opened, and another transport was found: then the request is sent again.
 */
export async function isSwitched(
  context: ConnectionContext,
  used: ConnectedState,
  call: Call,
  answer: Answer,
): Promise<boolean> {
  // A server that refuses it in each era would be asked without end.
  if (context.followed.has(call)) return false;
  const { eras, isSure } = suspectsAfter(context, used, call.message, answer);
  if (eras.length === 0 || (context.client === "legacy" && !context.handshake)) return false;
  if (!isSure && !(await isLost(context, used, call))) return false;
  if (context.state === used) {
    if (performance.now() < context.cooldownUntilMs) return false;
    const done = withinFirstLimit(context, call.signal, (signal) =>
      replace(context, used, eras, { ...call, signal }),
    );
    context.state = { kind: "switching", from: used, done };
  }
  if (context.state.kind === "switching") await context.state.done;
  const isOther = context.state.kind === "connected" && context.state.transport !== used.transport;
  // A subscription outlives many changes; a session that is lost is no change of era.
  if (isOther && call.message.method !== LISTEN && !used.isResumed) context.followed.add(call);
  return isOther;
}

/** What an answer leaves in doubt. */
interface Suspects {
  /** The eras to ask anew, the one so far first: it may have refused the request for its own sake. */
  eras: readonly ServerEra[];
  isSure: boolean;
}

function suspectsAfter(
  { allowed, client }: ConnectionContext,
  { era, proven, isResumed }: ConnectedState,
  { method }: RequestMessage,
  answer: Answer,
): Suspects {
  const asked = { era, method, proven: true, inSession: isResumed, remembered: isResumed && !proven };
  const verdict = judge(asked, answer);
  if (verdict.kind === "session_lost") return { eras: [era], isSure: verdict.sure || !asked.remembered };
  if (verdict.kind !== "other_era" || answer.kind !== "refused") return NONE;
  // A server that answered without a handshake, of whatever era, has refused the call that its error names for its own sake.
  const isItsOwn = client === "own" && !proven && verdict.isOfCall;
  const others = verdict.eras.filter((other) => allowed.includes(other));
  return others.length > 0 && !isItsOwn ? { eras: [era, ...others], isSure: true } : NONE;
}

const NONE: Suspects = { eras: [], isSure: true };

/** Whether the session of an earlier command is gone, as the server answers what may be asked twice. Never rejects. */
async function isLost(context: ConnectionContext, used: ConnectedState, { signal }: Call): Promise<boolean> {
  const message = ownRequest(context.ids.next(), "ping", {});
  const answer = await used.transport
    .request({ message, signal, onMessage: async () => {} })
    .catch(() => undefined);
  return answer !== undefined && suspectsAfter(context, used, message, answer).eras.length > 0;
}

/** Asks the eras anew and takes the place of the transport so far; where none is found, that stays. */
async function replace(
  context: ConnectionContext,
  used: ConnectedState,
  eras: readonly ServerEra[],
  call: Call,
): Promise<void> {
  const { endpoint, handshake, client, allowed } = context;
  const isLost = eras.length === 1;
  endpoint.log(
    isLost
      ? "the session of an earlier command is gone: opening another"
      : `the server no longer answers in the ${used.era} era: asking anew`,
  );
  const first = handshake ? { ...call, message: again(context, handshake.initialize) } : call;
  const found = await negotiate(first, {
    eras,
    allowed,
    known: undefined,
    transportOf: transportOf(context, undefined),
    guesses: client === "own",
    endpoint,
  }).catch(() => undefined);
  const { state } = context;
  if (state.kind !== "switching" || state.from !== used) return;
  // The same era anew is another transport only where a session was lost: else the refusal was the request's own.
  const isAnother = isLost || (client === "own" && !used.proven);
  const isOther = found?.kind === "connected" && (found.connected.era !== used.era || isAnother);
  if (found?.kind === "connected" && isOther) return goOnOver(context, used, found);
  if (found?.kind === "connected") void found.connected.transport.close("end");
  context.cooldownUntilMs = performance.now() + COOLDOWN_MS;
  context.state = used;
}

/** Goes on over the transport that was found, and tells the server and the client what they must know. */
async function goOnOver(
  context: ConnectionContext,
  used: ConnectedState,
  { connected, initialized }: Negotiated & { kind: "connected" },
): Promise<void> {
  // What else is under way in a session of an earlier command is refused or answered there.
  if (used.isResumed) context.left.push(used.transport);
  else void used.transport.close(context.client === "own" ? "leave" : "end");
  if (connected.proven) learnEra(context, connected.era);
  context.state = { kind: "connected", ...connected };
  context.shared?.onSide(connected.transport.side);
  const { handshake } = context;
  if (!handshake) return;
  if (handshake.initialized) void connected.transport.notify(handshake.initialized);
  const { settings, ended, onMessage, endpoint } = context;
  const set = (setting: RequestMessage) =>
    connected.transport.request({ message: again(context, setting), signal: ended.signal, onMessage });
  void repeatSettings(settings.all(), set, endpoint.log);
  // What the client knew of the server before may no longer hold.
  await tellChanges(initialized?.initialized ?? {}, settings.all(), onMessage);
}

/** The same request under an id of our own. */
const again = ({ ids }: ConnectionContext, message: RequestMessage): RequestMessage =>
  requestWithId(message, ids.next());
