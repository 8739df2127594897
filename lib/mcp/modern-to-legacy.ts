import { noCommonVersion } from "../errors.ts";
import { type ErrorAnswer, rpcErrorOf, supportedVersions, toRpcError } from "./answers.ts";
import {
  LEGACY_VERSION,
  LEGACY_VERSIONS,
  META_CAPABILITIES,
  META_CLIENT,
  META_LOG_LEVEL,
  META_SUBSCRIPTION,
  META_VERSION,
  MISSING_CAPABILITY,
  MODERN_VERSIONS,
  UNSUPPORTED_VERSION,
  URL_REQUIRED,
} from "./era.ts";
import { INPUTS, missingCapability } from "./input.ts";
import {
  errorResponse,
  exactParams,
  exactResult,
  type Id,
  INVALID_PARAMS,
  isObject,
  type JsonObject,
  METHOD_NOT_FOUND,
  type Message,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "./messages.ts";
import { modernRefusal } from "./modern-rules.ts";
import type { Deliver, Road } from "./road.ts";
import {
  carries,
  completeResult,
  discoverResult,
  type Filter,
  LOG_LEVELS,
  modernError,
  offered,
  tagged,
  withoutModernMeta,
} from "./translate.ts";
import type { Endpoint } from "./types.ts";

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

const metaOf = ({ params }: RequestMessage): JsonObject => (isObject(params._meta) ? params._meta : {});

/**
 * A modern client with a legacy server: one session serves all its requests; what the server asks becomes
 * `input_required`, and the retry the answer that the server awaits; `subscriptions/listen` becomes the GET stream
 * and `resources/subscribe`.
 *
 * @param openSession makes the legacy session, given where its messages go
 */
export function createModernToLegacy(
  endpoint: Endpoint,
  deliver: Deliver,
  openSession: (to: Deliver) => Road,
): Road {
  const session = openSession(fromServer);
  /** By the id the request has at the server. */
  const held = new Map<Id, Held>();
  const byState = new Map<string, Id>();
  /** Calls that are sent again, from the start, once the user has visited an address; by state. */
  const restarts = new Map<string, RpcError>();
  const own = new Map<Id, (answer: ResponseMessage) => void>();
  /** Ends the turn of the client's request: it has its answer. */
  const turns = new Map<Id, () => void>();
  const subscriptions = new Map<Id, Filter>();
  const listenEnds = new Map<Id, () => void>();
  let initialized: JsonObject | undefined;
  let opening: Promise<ErrorAnswer | undefined> | undefined;
  /** The session's log level: the most talkative that any call wanted. */
  let sessionLevel = Number.POSITIVE_INFINITY;
  let late = { level: Number.POSITIVE_INFINITY, untilMs: 0 };
  let serial = 0;

  /** Asks the server something for ourselves. */
  async function ask(method: string, params: JsonObject): Promise<ErrorAnswer | ResponseMessage> {
    const id = `m2mcp-${++serial}`;
    const answered = new Promise<ResponseMessage>((resolve) => own.set(id, resolve));
    try {
      const failure = await session.request(requestMessage(id, method, params));
      return failure ?? (await answered);
    } finally {
      own.delete(id);
    }
  }

  /** The handshake, in the name of the client whose request comes first. */
  function open(first: RequestMessage): Promise<ErrorAnswer | undefined> {
    opening ??= handshake(metaOf(first), endpoint.protocol ?? LEGACY_VERSION).then(
      (failure) => {
        if (failure) opening = undefined;
        return failure;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  }

  async function handshake(meta: JsonObject, protocolVersion: string): Promise<ErrorAnswer | undefined> {
    const answer = await ask("initialize", {
      protocolVersion,
      capabilities: isObject(meta[META_CAPABILITIES]) ? meta[META_CAPABILITIES] : {},
      clientInfo: isObject(meta[META_CLIENT]) ? meta[META_CLIENT] : { name: "m2mcp", version: "0" },
    });
    if (answer.error) {
      const common = supportedVersions(answer.error).find((theirs) => LEGACY_VERSIONS.includes(theirs));
      if (common !== undefined && common !== protocolVersion && endpoint.protocol === undefined)
        return handshake(meta, common);
    }
    if ("status" in answer) return answer;
    if (answer.error) return { status: 200, error: answer.error };
    const result = answer.result ?? {};
    const ours = endpoint.protocol === undefined ? LEGACY_VERSIONS : [endpoint.protocol];
    const agreed = String(result.protocolVersion);
    if (!ours.includes(agreed)) return { status: 200, error: toRpcError(noCommonVersion(ours, [agreed])) };
    initialized = result;
    await session.notify(notification("notifications/initialized"));
    return undefined;
  }

  async function fromServer(message: Message, from?: Id): Promise<void> {
    if (message.kind === "response") return answer(message);
    if (message.kind === "request") return input(message, from);
    const { method, params } = message;
    switch (method) {
      case "notifications/cancelled":
        for (const call of held.values()) call.asked.delete(String(params.requestId));
        return;
      case "notifications/progress":
        return progress(message);
      case "notifications/message":
        return wantsLog(params.level, from) ? deliver(message) : undefined;
      // Modern clients learn it from the retry.
      case "notifications/elicitation/complete":
        return;
      case "notifications/tools/list_changed":
      case "notifications/prompts/list_changed":
      case "notifications/resources/list_changed":
      case "notifications/resources/updated":
        for (const [id, filter] of subscriptions)
          if (carries(filter, method, params)) await deliver(notification(method, tagged(params, id)));
        return;
      default:
        return deliver(message);
    }
  }

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

  async function answer(message: ResponseMessage): Promise<void> {
    if (message.id === null) return;
    const mine = own.get(message.id);
    if (mine) return mine(message);
    const call = held.get(message.id);
    if (!call) return;
    const finish = (id: Id) =>
      message.error
        ? failed(call, id, message.error)
        : resultResponse(id, completeResult(call.method, exactResult(message), initialized?.serverInfo));
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
    await followLevel(message);
    const id = `m2mcp-${++serial}`;
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
            await deliver(errorResponse(one.clientId, rpcErrorOf(failure, endpoint.url)));
          else one.finished = (later) => errorResponse(later, rpcErrorOf(failure, endpoint.url));
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

  /** Legacy servers keep the level of log messages for the session; what is less than a call wants is left out here. */
  async function followLevel(message: RequestMessage): Promise<void> {
    const level = levelOf(metaOf(message));
    if (level >= sessionLevel) return;
    sessionLevel = level;
    if (isObject(initialized?.capabilities) && "logging" in initialized.capabilities)
      await ask("logging/setLevel", { level: LOG_LEVELS[level] });
  }

  async function listen(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const wanted: Filter = isObject(message.params.notifications) ? message.params.notifications : {};
    const end = new Promise<void>((resolve) => listenEnds.set(message.id, resolve));
    const filter = offered(wanted, initialized?.capabilities);
    if (filter.resourceSubscriptions)
      filter.resourceSubscriptions = await subscribed(filter.resourceSubscriptions);
    subscriptions.set(message.id, filter);
    await deliver(
      notification("notifications/subscriptions/acknowledged", tagged({ notifications: filter }, message.id)),
    );
    await end;
    subscriptions.delete(message.id);
    const still = [...subscriptions.values()].flatMap((other) => other.resourceSubscriptions ?? []);
    for (const uri of filter.resourceSubscriptions ?? [])
      if (!still.includes(uri)) await ask("resources/unsubscribe", { uri }).catch(() => {});
    await deliver(
      resultResponse(message.id, { resultType: "complete", _meta: { [META_SUBSCRIPTION]: message.id } }),
    );
    return undefined;
  }

  /** Subscribes to resources; resolves with those that the server lets be subscribed to. */
  async function subscribed(uris: string[]): Promise<string[]> {
    const honoured = await Promise.all(
      uris.map(async (uri) => {
        const answered = await ask("resources/subscribe", { uri });
        return "status" in answered || answered.error ? [] : [uri];
      }),
    );
    return honoured.flat();
  }

  return {
    open,
    async request(message) {
      const problem = modernRefusal(message) ?? requestProblem(metaOf(message));
      if (problem) {
        await deliver(errorResponse(message.id, problem));
        return undefined;
      }
      const failure = await open(message);
      if (failure) return failure;
      if (message.method === "server/discover") {
        await deliver(resultResponse(message.id, discoverResult(initialized ?? {})));
        return undefined;
      }
      return message.method === "subscriptions/listen" ? listen(message) : call(message);
    },
    async notify(message) {
      if (message.method !== "notifications/cancelled")
        return session.notify(notification(message.method, withoutModernMeta(exactParams(message))));
      const requestId = message.params.requestId as Id;
      listenEnds.get(requestId)?.();
      listenEnds.delete(requestId);
      for (const [id, one] of held)
        if (one.clientId === requestId)
          await session.notify(notification("notifications/cancelled", { ...message.params, requestId: id }));
    },
    // A modern client answers nothing: its answers come with the retry.
    async respond() {},
    close: () => {
      for (const one of held.values()) clearTimeout(one.timer);
      return session.close();
    },
  };
}

/** How severe a log message must be for the request to want it; Infinity: none is wanted. */
function levelOf(meta: JsonObject): number {
  const at = LOG_LEVELS.indexOf(String(meta[META_LOG_LEVEL]));
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

/** What a modern server would find wrong with a request's `_meta` (MCP 2026-07-28 "Versioning", "Logging"). */
function requestProblem(meta: JsonObject): RpcError | undefined {
  const version = meta[META_VERSION];
  if (typeof version === "string" && !MODERN_VERSIONS.includes(version))
    return {
      code: UNSUPPORTED_VERSION,
      message: `unsupported protocol version ${version}; here ${MODERN_VERSIONS.join(", ")}`,
      data: { supported: MODERN_VERSIONS, requested: version },
    };
  const level = meta[META_LOG_LEVEL];
  if (level !== undefined && !LOG_LEVELS.includes(String(level)))
    return { code: INVALID_PARAMS, message: `logLevel must be one of ${LOG_LEVELS.join(", ")}` };
  return undefined;
}

/** What a legacy server asks, without what only its era knows. */
function modernInput(params: JsonObject): JsonObject {
  const { elicitationId: _id, ...rest } = params;
  return rest;
}
