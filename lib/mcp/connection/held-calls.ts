import { isObject, type JsonObject } from "../../json.ts";
import {
  errorResponse,
  exactParams,
  exactResult,
  type Id,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { type ErrorAnswer, rpcErrorOf, toRpcError } from "../protocol/answer.ts";
import { INPUTS, missingCapability } from "../protocol/capabilities.ts";
import type { Deliver, Road } from "../protocol/transport.ts";
import { META_CAPABILITIES, META_LOG_LEVEL, MISSING_CAPABILITY, URL_REQUIRED } from "../protocol/versions.ts";
import { completeResult, LOG_LEVELS, modernError, withoutModernMeta } from "../translate/translate.ts";

/** Requests during which a server may ask for input (MCP 2026-07-28 "Supported Requests"). */
const TAKES_INPUT = ["tools/call", "prompts/get", "resources/read"];
/** Requests of a server's that come this close together go to the client in one round, in ms. */
const TOGETHER_MS = 10;
/** How long a server's request waits for a client that does not come back, in ms. */
const UNANSWERED_MS = 5 * 60_000;
/** A log message may come by another stream than its call's answer, and this much later, in ms. */
const LATE_LOG_MS = 2000;
/** States of calls to be sent again that are kept; a client that never comes back must not fill the memory. */
const MAX_RESTARTS = 1000;

/** A request at the legacy server, held open while the client gathers input. */
interface Held {
  method: string;
  /** The id that the next answer goes to; undefined while the client has the turn. */
  clientId: Id | undefined;
  /** What the client's latest request says of itself. */
  meta: JsonObject;
  /** The token that the server knows; the client's own changes with each round. */
  progressToken: unknown;
  /** What the server asked and the client has not been told yet, or has not answered yet. */
  asked: Map<string, { id: Id; method: string; params: JsonObject }>;
  state: string;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** The answer that came while the client had the turn. */
  finished: ((id: Id) => ResponseMessage) | undefined;
  /** Nobody waits for it any more. */
  abandoned: boolean;
}

/** The calls of a modern client at a legacy server, each as one request there, however many rounds it takes here. */
export interface HeldCalls {
  /** Carries one request of the client's: a new call, or the retry of one. See `Road.request`. */
  carry(message: RequestMessage): Promise<ErrorAnswer | undefined>;
  /** Takes the server's answer to a call. */
  answer(message: ResponseMessage): Promise<void>;
  /** Takes a request of the server's. @param from the call in whose answer it came, where the transport tells */
  input(message: RequestMessage, from: Id | undefined): Promise<void>;
  /** The server wants no answer to a request of its own any more. */
  withdraw(requestId: unknown): void;
  progress(message: NotificationMessage): Promise<void>;
  /** Whether a request under way wants a log message of this level (MCP 2026-07-28 "Logging"). */
  wantsLog(level: unknown, from: Id | undefined): boolean;
  /** The client cancels a request. */
  cancel(message: NotificationMessage): Promise<void>;
  close(): void;
}

export interface HeldCallsOptions {
  session: Pick<Road, "request" | "notify" | "respond">;
  deliver: Deliver;
  /** The address of the server, for what is told of it. */
  url: string;
  /** As the server gave it in its handshake. */
  serverInfo(): unknown;
}

/**
 * Holds the client's calls open at the server: what the server asks goes to the client as `input_required`, and what
 * the client's retry brings goes to the server as the answers that it awaits.
 */
export function createHeldCalls({ session, deliver, url, serverInfo }: HeldCallsOptions): HeldCalls {
  /** By the id the request has at the server. */
  const held = new Map<Id, Held>();
  const byState = new Map<string, Id>();
  /** Calls that are sent again, from the start, once the user has visited an address; by state. */
  const restarts = new Map<string, RpcError>();
  /** Ends the turn of the client's request: it has its answer. */
  const turns = new Map<Id, () => void>();
  let late = { level: Number.POSITIVE_INFINITY, untilMs: 0 };
  let serial = 0;

  /** Progress goes on under the token of the client's latest request, while that waits. */
  async function progress(message: NotificationMessage): Promise<void> {
    const token = message.params.progressToken;
    for (const { progressToken, clientId, meta } of held.values()) {
      if (progressToken === undefined || progressToken !== token) continue;
      if (clientId === undefined || meta.progressToken === undefined) return;
      if (meta.progressToken === token) return deliver(message);
      return deliver(notification(message.method, { ...message.params, progressToken: meta.progressToken }));
    }
  }

  /** Log messages belong to a request that asked for them (MCP 2026-07-28 "Logging"). */
  function wantsLog(level: unknown, from: Id | undefined): boolean {
    const severity = LOG_LEVELS.indexOf(String(level));
    const calls = from === undefined ? [...held.values()] : [held.get(from)];
    const waiting = calls.flatMap((call) => (call?.clientId === undefined ? [] : [levelOf(call.meta)]));
    if (from === undefined && waiting.length === 0 && performance.now() < late.untilMs)
      waiting.push(late.level);
    return waiting.some((level) => severity >= level);
  }

  /** The server's answer to a call. */
  async function answer(message: ResponseMessage): Promise<void> {
    const call = message.id === null ? undefined : held.get(message.id);
    if (!call) return;
    const finish = (id: Id) =>
      message.error
        ? failed(call, id, message.error)
        : resultResponse(id, completeResult(call.method, exactResult(message), serverInfo()));
    if (call.clientId === undefined) call.finished = finish;
    else await deliver(finish(call.clientId));
  }

  /** An error for the client; the one that asks for a visit to an address becomes `input_required`. */
  function failed(call: Held, id: Id, error: RpcError): ResponseMessage {
    const visits =
      isObject(error.data) && Array.isArray(error.data.elicitations) ? error.data.elicitations : [];
    if (error.code !== URL_REQUIRED || visits.length === 0) return errorResponse(id, modernError(error));
    const method = "elicitation/create";
    const missing = missingCapability(call.meta[META_CAPABILITIES], method, { mode: "url" });
    if (missing) {
      const data = { requiredCapabilities: missing };
      return errorResponse(id, { code: MISSING_CAPABILITY, message: error.message, data });
    }
    const inputRequests = Object.fromEntries(
      visits
        .filter(isObject)
        .map(({ message, url }, at) => [`visit-${at}`, { method, params: { mode: "url", message, url } }]),
    );
    const requestState = crypto.randomUUID();
    restarts.set(requestState, error);
    for (const oldest of restarts.keys()) if (restarts.size > MAX_RESTARTS) restarts.delete(oldest);
    return resultResponse(id, { resultType: "input_required", inputRequests, requestState });
  }

  /** A request of the server's: goes to the client with the call it belongs to, or that most likely caused it. */
  async function input(message: RequestMessage, from: Id | undefined): Promise<void> {
    const { id, method, params } = message;
    const refuse = (why: string) =>
      session.respond(errorResponse(id, { code: METHOD_NOT_FOUND, message: why }));
    if (method === "ping") return session.respond(resultResponse(id, {}));
    if (!INPUTS.includes(method)) return refuse(`${method} is not known here`);
    const takes = (call: Held | undefined) =>
      call && TAKES_INPUT.includes(call.method) && !call.finished && !call.abandoned;
    const named = from === undefined ? undefined : held.get(from);
    const call = takes(named) ? named : [...held.values()].findLast(takes);
    if (!call) return refuse("no call is under way that could carry the question");
    if (missingCapability(call.meta[META_CAPABILITIES], method, params))
      return refuse(`the client does not offer ${method}`);
    call.asked.set(String(id), { id, method, params: exactParams(message) });
    if (call.clientId !== undefined) turnOver(call);
  }

  /** Gives the client the turn, shortly, with all that the server asks by then. */
  function turnOver(call: Held): void {
    if (call.timer !== undefined) return;
    call.timer = setTimeout(() => {
      call.timer = undefined;
      const { clientId } = call;
      if (clientId === undefined || call.asked.size === 0) return;
      call.clientId = undefined;
      release(clientId);
      const inputRequests = Object.fromEntries(
        [...call.asked].map(([key, { method, params }]) => [key, { method, params: modernInput(params) }]),
      );
      // A state of its own for each round: what is retried late is not taken for an answer to a later question.
      const callId = byState.get(call.state);
      byState.delete(call.state);
      call.state = crypto.randomUUID();
      if (callId !== undefined) byState.set(call.state, callId);
      call.timer = setTimeout(() => giveUp(call), UNANSWERED_MS);
      call.timer.unref?.();
      void deliver(
        resultResponse(clientId, { resultType: "input_required", inputRequests, requestState: call.state }),
      );
    }, TOGETHER_MS);
  }

  function giveUp(call: Held): void {
    call.abandoned = true;
    for (const { id } of call.asked.values())
      void session.respond(errorResponse(id, { code: -32000, message: "the client gave no answer" }));
    call.asked.clear();
    const callId = byState.get(call.state);
    if (call.finished && callId !== undefined) forget(callId, call);
  }

  /** The client's retry: its answers go to the server, and the call's answer to the retry's id. */
  async function goOn(message: RequestMessage, callId: Id): Promise<ErrorAnswer | undefined> {
    const call = held.get(callId);
    if (!call || call.clientId !== undefined || call.abandoned) return unknownState();
    clearTimeout(call.timer);
    call.timer = undefined;
    call.clientId = message.id;
    call.meta = metaOf(message);
    const { inputResponses } = exactParams(message);
    const responses = isObject(inputResponses) ? inputResponses : {};
    const turn = new Promise<void>((resolve) => turns.set(message.id, resolve));
    for (const [key, { id }] of [...call.asked]) {
      const response = responses[key];
      if (!isObject(response)) continue;
      call.asked.delete(key);
      await session.respond(resultResponse(id, response));
    }
    if (call.finished) {
      await deliver(call.finished(message.id));
      forget(callId, call);
      return undefined;
    }
    // What was left unanswered is asked again.
    if (call.asked.size > 0) turnOver(call);
    await turn;
    return undefined;
  }

  /** The client's request has had its answer, or has given the turn to the client. */
  function release(clientId: Id): void {
    turns.get(clientId)?.();
    turns.delete(clientId);
  }

  function forget(callId: Id, call: Held): void {
    clearTimeout(call.timer);
    held.delete(callId);
    byState.delete(call.state);
    if (call.clientId !== undefined) release(call.clientId);
    // It was not this call that the server asked for: another carries the question.
    for (const { id, method, params } of call.asked.values())
      void input(requestMessage(id, method, params), undefined);
    const level = levelOf(call.meta);
    if (level < Number.POSITIVE_INFINITY) late = { level, untilMs: performance.now() + LATE_LOG_MS };
  }

  const unknownState = (): ErrorAnswer => ({
    status: 400,
    error: { code: INVALID_PARAMS, message: "requestState is not known: the call it belongs to has ended" },
  });

  async function call(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const { requestState } = message.params;
    if (requestState === undefined) return send(message);
    const visit = restarts.get(String(requestState));
    if (!visit) {
      const callId = byState.get(String(requestState));
      return callId === undefined ? unknownState() : goOn(message, callId);
    }
    restarts.delete(String(requestState));
    const responses = isObject(message.params.inputResponses)
      ? Object.values(message.params.inputResponses)
      : [];
    if (responses.every((response) => isObject(response) && response.action === "accept"))
      return send(message);
    const { message: why, data } = visit;
    return { status: 400, error: { code: INVALID_PARAMS, message: `${why}; it was declined`, data } };
  }

  async function send(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const id = `m2mcp-call-${++serial}`;
    const meta = metaOf(message);
    const one: Held = {
      method: message.method,
      clientId: message.id,
      meta,
      progressToken: meta.progressToken,
      asked: new Map(),
      state: crypto.randomUUID(),
      timer: undefined,
      finished: undefined,
      abandoned: false,
    };
    held.set(id, one);
    byState.set(one.state, id);
    const turn = new Promise<undefined>((resolve) => turns.set(message.id, () => resolve(undefined)));
    const finished = session
      .request(requestMessage(id, message.method, withoutModernMeta(exactParams(message))))
      .then(
        async (answered) => {
          if (answered === undefined) return undefined;
          const failure = answered.error ? { ...answered, error: modernError(answered.error) } : answered;
          if (one.clientId === message.id) return failure;
          if (one.clientId !== undefined)
            await deliver(errorResponse(one.clientId, rpcErrorOf(failure, url)));
          else one.finished = (later) => errorResponse(later, rpcErrorOf(failure, url));
          return undefined;
        },
        async (error: unknown) => {
          if (one.clientId === message.id) throw error;
          if (one.clientId !== undefined) await deliver(errorResponse(one.clientId, toRpcError(error)));
          else one.finished = (later) => errorResponse(later, toRpcError(error));
          return undefined;
        },
      );
    const ended = finished.finally(() => {
      // The outcome itself ends the first request; a turn that ends too would hide it.
      if (one.clientId === message.id) turns.delete(message.id);
      // An answer that came while the client has the turn waits for its retry.
      if (one.clientId !== undefined || !one.finished || one.abandoned) forget(id, one);
    });
    return Promise.race([ended, turn]);
  }

  return {
    carry: call,
    answer,
    input,
    progress,
    wantsLog,
    withdraw(requestId) {
      for (const one of held.values()) one.asked.delete(String(requestId));
    },
    async cancel({ method, params }) {
      for (const [id, one] of held)
        if (one.clientId === params.requestId)
          await session.notify(notification(method, { ...params, requestId: id }));
    },
    close() {
      for (const one of held.values()) clearTimeout(one.timer);
    },
  };
}

const metaOf = ({ params }: RequestMessage): JsonObject => (isObject(params._meta) ? params._meta : {});

/** How severe a log message must be for the request to want it; Infinity: none is wanted. */
export function levelOf(meta: JsonObject): number {
  const at = LOG_LEVELS.indexOf(String(meta[META_LOG_LEVEL]));
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

/** What a legacy server asks, without what only its era knows. */
function modernInput(params: JsonObject): JsonObject {
  const { elicitationId: _id, ...rest } = params;
  return rest;
}
