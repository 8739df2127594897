import { streamCut, tookTooLong } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { deadlineMs, withDeadline } from "../../timing/deadline.ts";
import { quietly } from "../../timing/quietly.ts";
import { sleep } from "../../timing/sleep.ts";
import { startTimer } from "../../timing/timer.ts";
import { until } from "../../timing/until.ts";
import { HOLD_UP_MS } from "../http/tell.ts";
import {
  exactParams,
  type NotificationMessage,
  type RequestMessage,
  request as requestMessage,
} from "../jsonrpc/message.ts";
import type { Answer } from "../protocol/answer.ts";
import { sessionGone } from "../protocol/errors.ts";
import type { Call } from "../protocol/transport.ts";
import type { Verdict } from "../protocol/verdict.ts";
import { cancelAsked, repeatSettings, tellOnceItStands } from "./restore.ts";
import { getStream } from "./session-http.ts";
import { asOpen, isLostIn, type OpenSession, type Session } from "./session-state.ts";
import { keepStandaloneStream } from "./streams/standalone-stream.ts";

/** Sessions opened for one request at most: a balancer may lead to a server that does not know the fresh one. */
const MAX_REOPENINGS = 3;
/** How long a session that is asked whether it is there may take to say so, in ms. */
const PING_MS = 5000;

/** Opens the session anew after the server forgot `lost`. @throws M2mcpError when no new one is to be had */
export async function reopen(session: Session, lost: OpenSession): Promise<void> {
  if (session.state.kind === "reopening") {
    await session.state.attempt;
    return;
  }
  const { handshake } = session;
  // Who did not open a session cannot open it again.
  if (session.state !== lost || !handshake) return;
  const attempt = openAgain(session, lost, handshake);
  const mine = { kind: "reopening", done: quietly(attempt), attempt } as const;
  session.state = mine;
  try {
    const { opened, answer } = await attempt;
    if (session.state !== mine) return;
    session.state = opened;
    restore(session, opened, answer);
  } catch (error) {
    // The old one stays: the next request finds out anew.
    if (session.state === mine) session.state = lost;
    throw error;
  }
}

/**
 * Whether what looks like a loss is the server's own word on the request: a session opened anew refused it alike, or it names
 * a call, and the session is there for all else.
 *
 * @param reopenings sessions opened for this request so far
 */
export async function isOwnRefusal(
  session: Session,
  used: OpenSession,
  reopenings: number,
  { sure, isOfCall }: Verdict & { kind: "session_lost" },
): Promise<boolean> {
  if (reopenings >= MAX_REOPENINGS) return true;
  if (isOfCall) return !(await isLostAgain(session, used));
  if (reopenings === 0 || sure) return false;
  // Where no session ever served, there is nothing to believe in.
  return !session.losses.hasServed || !(await isLostAgain(session, used));
}

/** Asked by a `ping`, which every server answers promptly (MCP "Ping"): silence or a failure is no sign of a loss. */
async function isLostAgain(session: Session, opened: OpenSession): Promise<boolean> {
  if (session.state !== opened) return true;
  const asked = session.exchange.send(ownCall(session, "ping", {}), opened);
  const answer = await withDeadline(asked, PING_MS, () => new Error("late")).catch(() => undefined);
  if (session.state !== opened) return true;
  return answer !== undefined && isLostIn(session, opened, "ping", answer);
}

async function openAgain(
  session: Session,
  lost: OpenSession,
  handshake: NonNullable<Session["handshake"]>,
): Promise<{ opened: OpenSession; answer: Answer }> {
  const { endpoint, exchange, losses, shared, abandoned, onMessage } = session;
  const pauseMs = losses.lost();
  lost.stream.abort();
  if (shared) for (const id of exchange.asked) abandoned.add(id);
  await cancelAsked(exchange.asked, onMessage);
  if (pauseMs > 0) await sleep(pauseMs, session.ended.signal);
  endpoint.log("the server ended the session: opening it again");
  const params = exactParams(handshake.initialize);
  const { answer, session: headers } = await exchange.shakeHands(ownCall(session, "initialize", params));
  if (!headers) throw sessionGone(hostOf(endpoint.url), answer.kind === "refused" ? answer.status : 200);
  losses.opened();
  const opened = asOpen(headers, false);
  if (handshake.initialized) await tellInitialized(session, handshake.initialized, opened);
  return { opened, answer };
}

/** Gives a session that was opened anew what the old one had, beside the requests. */
function restore(session: Session, opened: OpenSession, answer: Answer): void {
  const { endpoint, exchange, settings, losses, onMessage } = session;
  void listen(session, opened);
  const ask = ({ method, params }: RequestMessage) => exchange.send(ownCall(session, method, params), opened);
  void repeatSettings(settings.all(), ask, endpoint.log);
  const result = answer.kind === "response" ? answer.message.result : undefined;
  tellOnceItStands(losses, result, settings.all(), () => session.state === opened, onMessage);
}

/** A request of our own, which takes no longer than any other. */
function ownCall(session: Session, method: string, params: RequestMessage["params"]): Call {
  const { endpoint, ids, ended, onMessage } = session;
  const host = hostOf(endpoint.url);
  const over = new AbortController();
  const limitMs = deadlineMs(endpoint.timeoutMs);
  startTimer(limitMs, () => over.abort(tookTooLong(host, limitMs))).keepAlive(false);
  ended.signal.addEventListener("abort", () => over.abort(streamCut(host)), { once: true });
  return { message: requestMessage(ids.next(), method, params), signal: over.signal, onMessage };
}

/** Tells the server that the handshake is done; not for long, where others wait for it. */
export const tellInitialized = (
  { exchange, ended }: Session,
  { text, method }: NotificationMessage,
  opened: OpenSession,
): Promise<unknown> => until(exchange.tell(text, opened, method), HOLD_UP_MS, ended.signal);

/** Keeps the standalone stream of this session open. @returns once it is granted, or known not to be; never rejects */
export async function listen(session: Session, opened: OpenSession): Promise<void> {
  const { endpoint, exchange, ended, listens } = session;
  if (!listens || ended.signal.aborted) return;
  const asked = Promise.withResolvers<void>();
  exchange.listening(true);
  void keepStandaloneStream(session, opened, {
    open: (cursor, signal) =>
      getStream(endpoint, opened, cursor, signal, Number.POSITIVE_INFINITY).finally(asked.resolve),
    onLost: () => void reopen(session, opened).catch(() => {}),
  }).then(() => {
    // Another session's stream may have taken its place.
    if (session.state === opened) exchange.listening(false);
    asked.resolve();
  });
  await asked.promise;
}
