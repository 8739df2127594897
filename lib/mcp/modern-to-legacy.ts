import { type ErrorAnswer, rpcErrorOf, toRpcError } from "./answers.ts";
import { LEGACY_VERSION, META_CAPABILITIES, META_CLIENT, META_LOG_LEVEL, META_SUBSCRIPTION } from "./era.ts";
import {
  errorResponse,
  type Id,
  INVALID_PARAMS,
  isObject,
  type JsonObject,
  METHOD_NOT_FOUND,
  type Message,
  notification,
  type RequestMessage,
  type ResponseMessage,
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
  modernError,
  tagged,
  withoutModernMeta,
} from "./translate.ts";
import type { Endpoint } from "./types.ts";

/** Requests during which a server may ask for input (MCP 2026-07-28 "Supported Requests"). */
const TAKES_INPUT = ["tools/call", "prompts/get", "resources/read"];
/** What a server may ask for. */
const INPUTS = ["elicitation/create", "sampling/createMessage", "roots/list"];
/** Requests of a server's that come this close together go to the client in one round, in ms. */
const TOGETHER_MS = 10;
/** How long a server's request waits for a client that does not come back, in ms. */
const UNANSWERED_MS = 5 * 60_000;

/** A request at the legacy server, held open while the client gathers input. */
interface Held {
  method: string;
  /** The id that the next answer goes to; undefined while the client has the turn. */
  clientId: Id | undefined;
  /** What the server asked and the client has not been told yet, or has not answered yet. */
  asked: Map<string, { id: Id; method: string; params: JsonObject }>;
  state: string;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** The answer that came while the client had the turn. */
  finished: ((id: Id) => ResponseMessage) | undefined;
}

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
  const own = new Map<Id, (answer: ResponseMessage) => void>();
  const subscriptions = new Map<Id, Filter>();
  let initialized: JsonObject | undefined;
  let opening: Promise<ErrorAnswer | undefined> | undefined;
  let level: unknown;
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
    opening ??= handshake(isObject(first.params._meta) ? first.params._meta : {}).then(
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

  async function handshake(meta: JsonObject): Promise<ErrorAnswer | undefined> {
    const answer = await ask("initialize", {
      protocolVersion: endpoint.protocol ?? LEGACY_VERSION,
      capabilities: isObject(meta[META_CAPABILITIES]) ? meta[META_CAPABILITIES] : {},
      clientInfo: isObject(meta[META_CLIENT]) ? meta[META_CLIENT] : { name: "m2mcp", version: "0" },
    });
    if ("status" in answer) return answer;
    if (answer.error) return { status: 200, error: answer.error };
    initialized = answer.result ?? {};
    await session.notify(notification("notifications/initialized"));
    return undefined;
  }

  async function fromServer(message: Message, from?: Id): Promise<void> {
    if (message.kind === "response") return answer(message);
    if (message.kind === "request") return input(message, from);
    if (message.method === "notifications/message" && level === undefined) return;
    if (message.method === "notifications/progress" || message.method === "notifications/message")
      return deliver(message);
    let carried = false;
    for (const [id, filter] of subscriptions)
      if (carries(filter, message.method, message.params)) {
        carried = true;
        await deliver(notification(message.method, tagged(message.params, id)));
      }
    if (
      !carried &&
      !message.method.includes("list_changed") &&
      message.method !== "notifications/resources/updated"
    )
      await deliver(message);
  }

  async function answer(message: ResponseMessage): Promise<void> {
    if (message.id === null) return;
    const mine = own.get(message.id);
    if (mine) return mine(message);
    const call = held.get(message.id);
    if (!call) return;
    const finish = (id: Id) =>
      message.error
        ? errorResponse(id, modernError(message.error))
        : resultResponse(id, completeResult(call.method, message.result ?? {}));
    if (call.clientId === undefined) call.finished = finish;
    else await deliver(finish(call.clientId));
  }

  /** A request of the server's: goes to the client with the call it belongs to, or that most likely caused it. */
  async function input(message: RequestMessage, from: Id | undefined): Promise<void> {
    const candidates = [...held.values()].filter((one) => TAKES_INPUT.includes(one.method));
    // A call that the client left alone half-way must not draw the questions of others to itself.
    const waiting = candidates.filter(({ clientId }) => clientId !== undefined);
    const call = (from !== undefined && held.get(from)) || (waiting.at(-1) ?? candidates.at(-1));
    if (message.method === "ping") return session.respond(resultResponse(message.id, {}));
    if (!call || !INPUTS.includes(message.method)) {
      const why = call
        ? `${message.method} is not known here`
        : "no call is under way that could carry the question";
      return session.respond(errorResponse(message.id, { code: METHOD_NOT_FOUND, message: why }));
    }
    call.asked.set(String(message.id), { id: message.id, method: message.method, params: message.params });
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
        [...call.asked].map(([key, { method, params }]) => [key, { method, params }]),
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
    for (const { id } of call.asked.values())
      void session.respond(errorResponse(id, { code: -32000, message: "the client gave no answer" }));
    call.asked.clear();
  }

  /** The client's retry: its answers go to the server, and the call's answer to the retry's id. */
  async function goOn(message: RequestMessage, callId: Id): Promise<ErrorAnswer | undefined> {
    const call = held.get(callId);
    if (!call || call.clientId !== undefined) return unknownState();
    clearTimeout(call.timer);
    call.timer = undefined;
    call.clientId = message.id;
    const responses = isObject(message.params.inputResponses) ? message.params.inputResponses : {};
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
  }

  const unknownState = (): ErrorAnswer => ({
    status: 400,
    error: { code: INVALID_PARAMS, message: "requestState is not known: the call it belongs to has ended" },
  });

  async function call(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const { requestState } = message.params;
    if (requestState !== undefined) {
      const callId = byState.get(String(requestState));
      return callId === undefined ? unknownState() : goOn(message, callId);
    }
    await followLevel(message);
    const id = `m2mcp-${++serial}`;
    const state = crypto.randomUUID();
    const one: Held = {
      method: message.method,
      clientId: message.id,
      asked: new Map(),
      state,
      timer: undefined,
      finished: undefined,
    };
    held.set(id, one);
    byState.set(state, id);
    const turn = new Promise<undefined>((resolve) => turns.set(message.id, () => resolve(undefined)));
    const finished = session
      .request(requestMessage(id, message.method, withoutModernMeta(message.params)))
      .then(
        async (failure) => {
          if (failure === undefined || one.clientId === message.id) return failure;
          if (one.clientId !== undefined)
            await deliver(errorResponse(one.clientId, rpcErrorOf(failure, endpoint.url)));
          return undefined;
        },
        async (error: unknown) => {
          if (one.clientId === message.id) throw error;
          if (one.clientId !== undefined) await deliver(errorResponse(one.clientId, toRpcError(error)));
          return undefined;
        },
      );
    const ended = finished.finally(() => {
      // The outcome itself ends this request; were its turn ended too, a failure would be lost.
      turns.delete(message.id);
      // An answer that came while the client has the turn waits for its retry.
      if (one.clientId !== undefined || !one.finished) forget(id, one);
    });
    return Promise.race([ended, turn]);
  }
  const turns = new Map<Id, () => void>();

  /** The level of log messages, which legacy servers keep for the session. */
  async function followLevel(message: RequestMessage): Promise<void> {
    const meta = isObject(message.params._meta) ? message.params._meta : {};
    const wanted = meta[META_LOG_LEVEL];
    if (wanted === undefined || wanted === level) return;
    const offers = isObject(initialized?.capabilities) && "logging" in initialized.capabilities;
    level = wanted;
    if (offers) await ask("logging/setLevel", { level: wanted });
  }

  async function listen(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const wanted = isObject(message.params.notifications) ? (message.params.notifications as Filter) : {};
    const uris = Array.isArray(wanted.resourceSubscriptions) ? wanted.resourceSubscriptions : [];
    const honoured: string[] = [];
    for (const uri of uris) {
      const answered = await ask("resources/subscribe", { uri });
      if (!("status" in answered) && !answered.error) honoured.push(uri);
    }
    const filter: Filter = { ...wanted, ...(uris.length > 0 ? { resourceSubscriptions: honoured } : {}) };
    subscriptions.set(message.id, filter);
    await deliver(
      notification("notifications/subscriptions/acknowledged", tagged({ notifications: filter }, message.id)),
    );
    await new Promise<void>((resolve) => listenEnds.set(message.id, resolve));
    await deliver(
      resultResponse(message.id, { resultType: "complete", _meta: { [META_SUBSCRIPTION]: message.id } }),
    );
    return undefined;
  }
  const listenEnds = new Map<Id, () => void>();

  return {
    async request(message) {
      const failure = await open(message);
      if (failure) return failure;
      const refusal = modernRefusal(message);
      if (refusal) {
        await deliver(errorResponse(message.id, refusal));
        return undefined;
      }
      if (message.method === "server/discover") {
        await deliver(resultResponse(message.id, discoverResult(initialized ?? {})));
        return undefined;
      }
      return message.method === "subscriptions/listen" ? listen(message) : call(message);
    },
    async notify(message) {
      if (message.method !== "notifications/cancelled") return session.notify(message);
      const requestId = message.params.requestId as Id;
      const filter = subscriptions.get(requestId);
      if (filter) {
        subscriptions.delete(requestId);
        listenEnds.get(requestId)?.();
        listenEnds.delete(requestId);
        const still = [...subscriptions.values()].flatMap((other) => other.resourceSubscriptions ?? []);
        for (const uri of filter.resourceSubscriptions ?? [])
          if (!still.includes(uri)) await ask("resources/unsubscribe", { uri }).catch(() => {});
        return;
      }
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
