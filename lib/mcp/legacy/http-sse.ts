import { EXIT, M2mcpError } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import { answerTooLong, streamCut, timedOut, tookTooLong } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { backoffMs } from "../../timing/backoff.ts";
import { deadlineMs } from "../../timing/deadline.ts";
import { type IdleWatch, watchIdle } from "../../timing/idle-timeout.ts";
import { sleep } from "../../timing/sleep.ts";
import { MAX_ANSWER_BYTES } from "../http/body.ts";
import { mediaType, readErrorAnswer } from "../http/read-messages.ts";
import { sendHttp } from "../http/send.ts";
import { readEvents } from "../http/sse.ts";
import type { Text } from "../jsonrpc/bytes.ts";
import {
  type Id,
  type NotificationMessage,
  notification,
  parseMessages,
  type RequestMessage,
  request as requestMessage,
} from "../jsonrpc/message.ts";
import type { ErrorAnswer } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { sessionLost, wrongContentType } from "../protocol/errors.ts";
import { changesIn, listChanges } from "../protocol/subscription-filter.ts";
import type { Deliver, Road } from "../protocol/transport.ts";
import { erasAfterStream } from "../protocol/versions.ts";
import { createWishes } from "./session-settings.ts";

/** How long the event that names the address may take, in ms: other servers' streams never bring it. */
const ENDPOINT_MS = 20_000;
/** How long a cancelled request may still be answered, in ms. */
const LINGER_MS = 2000;

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
  watch: IdleWatch;
}

const OWN = "m2mcp-again-";
const isOwn = (id: Id | null): id is string => typeof id === "string" && id.startsWith(OWN);

/** The GET was refused: the server may be of another kind. */
class StreamRefused extends Error {
  readonly status: number;
  constructor(status: number) {
    super("the stream was refused");
    this.status = status;
  }
}

/**
 * A server of the deprecated HTTP+SSE transport (MCP 2024-11-05): one GET stream carries all its messages and
 * names, in a first event `endpoint`, where to POST. An end of the stream is the end of the session: it fails the
 * requests under way, and the session is opened again, unnoticed by the client.
 */
export function createHttpSseRoad(endpoint: Endpoint, deliver: Deliver): Road {
  const host = hostOf(endpoint.url);
  const ended = new AbortController();
  const waiting = new Map<Id, Waiting>();
  /** The stream, as the address to POST to; gone when it is cut. */
  let stream: Promise<string> | undefined;
  /** Ends the stream from this side. */
  let cut: (() => void) | undefined;
  /** An attempt to open the session again. */
  let ready: Promise<void> | undefined;
  let initialize: RequestMessage | undefined;
  let initialized: NotificationMessage | undefined;
  /** Results of what was asked for ourselves. */
  const own = new Map<Id, JsonObject | undefined>();
  let serial = 0;
  const wishes = createWishes();

  /** Opens the stream; resolves with the address to POST to. */
  function open(): Promise<string> {
    if (stream) return stream;
    const opening = new Promise<string>((resolve, reject) => {
      const fail = (error: unknown) => {
        const unforeseen = stream === opening;
        if (unforeseen) stream = undefined;
        reject(error);
        for (const { reject: refuse } of waiting.values()) refuse(error);
        waiting.clear();
        if (unforeseen && initialized && !ready && !ended.signal.aborted) comeBack();
      };
      read(resolve).then(
        () => fail(streamCut(host)),
        (error: unknown) => fail(error),
      );
    });
    stream = opening;
    return opening;
  }

  async function read(found: (address: string) => void): Promise<void> {
    const late = new AbortController();
    cut = () => {
      stream = undefined;
      late.abort(streamCut(host));
    };
    const timer = setTimeout(
      () => late.abort(wrongContentType(host, "a stream that names no endpoint")),
      ENDPOINT_MS,
    );
    try {
      const response = await sendHttp(endpoint, {
        method: "GET",
        headers: { accept: "text/event-stream" },
        signal: AbortSignal.any([ended.signal, late.signal]),
        bodyTimeoutMs: Number.POSITIVE_INFINITY,
      });
      if (response.status >= 300) {
        await response.discard();
        throw new StreamRefused(response.status);
      }
      if (mediaType(response.headers) !== "text/event-stream") {
        await response.discard();
        throw wrongContentType(host, mediaType(response.headers));
      }
      const tooLong = () => answerTooLong(host, MAX_ANSWER_BYTES);
      await readEvents(response.read, {}, MAX_ANSWER_BYTES, tooLong, async ({ event, data }) => {
        if (event !== "endpoint") return take(data);
        clearTimeout(timer);
        found(addressIn(data));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  function addressIn(data: string): string {
    const address = URL.parse(data, endpoint.url);
    // Tokens must not follow an address elsewhere.
    if (!address || address.origin !== new URL(endpoint.url).origin)
      throw wrongContentType(host, "an endpoint elsewhere");
    return address.href;
  }

  async function take(data: string): Promise<void> {
    for (const { watch } of waiting.values()) watch.refresh();
    for (const message of parseMessages(data)) {
      if (message.kind === "unreadable") continue;
      const waits = message.kind === "response" && message.id !== null ? waiting.get(message.id) : undefined;
      if (message.kind === "response" && !waits) endpoint.log("dropped an answer that nobody waits for");
      else if (message.kind === "response" && isOwn(message.id)) own.set(message.id, message.result);
      else await deliver(message);
      waits?.resolve();
    }
  }

  async function post(text: Text): Promise<ErrorAnswer | undefined> {
    const url = await open();
    const response = await sendHttp(
      { ...endpoint, url },
      { method: "POST", body: text, headers: { "content-type": "application/json" }, signal: ended.signal },
    );
    if (response.status >= 300) return readErrorAnswer(response);
    await response.discard();
    return undefined;
  }

  const postQuietly = async (text: Text) => {
    await post(text).catch((error: unknown) => {
      if (error instanceof M2mcpError) endpoint.log(error.message);
    });
  };

  /** Sends a request and waits until its answer was delivered. */
  async function exchange(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const answered = Promise.withResolvers<void>();
    const silent = () => answered.reject(timedOut(host, endpoint.timeoutMs));
    const watch = watchIdle(endpoint.timeoutMs, silent);
    const limitMs = deadlineMs(endpoint.timeoutMs);
    const late = setTimeout(() => answered.reject(tookTooLong(host, limitMs)), limitMs);
    waiting.set(message.id, { ...answered, watch });
    answered.promise.catch(() => {});
    try {
      const failure = await post(message.text);
      if (failure) return failure;
      await answered.promise;
      return undefined;
    } catch (error) {
      if (error instanceof StreamRefused) return { status: error.status };
      throw error;
    } finally {
      watch.stop();
      clearTimeout(late);
      waiting.delete(message.id);
    }
  }

  /** Opens the session again after its stream was cut; each who waits for an attempt shares its outcome. */
  function comeBack(failures = 1): void {
    const attempt = sleep(backoffMs(failures, 1000), ended.signal).then(reopen);
    ready = attempt;
    attempt.then(
      () => {
        ready = undefined;
      },
      (error: unknown) => {
        ready = undefined;
        const passes =
          error instanceof StreamRefused
            ? erasAfterStream(error.status).length === 0
            : error instanceof M2mcpError && error.exitCode === EXIT.network;
        if (passes && !ended.signal.aborted) comeBack(failures + 1);
      },
    );
  }

  /** The handshake once more, its answer not passed on, and what the old session had been told. */
  async function reopen(): Promise<void> {
    if (!initialize) return;
    endpoint.log("the server ended the session: opening it again");
    const said = await ask(initialize);
    if (initialized) await post(initialized.text);
    for (const wish of wishes.all())
      await ask(wish).catch(() => endpoint.log(`${wish.method} could not be repeated in the new session`));
    // What the client knew of the old session may no longer hold.
    for (const { method } of changesIn(listChanges(said.capabilities))) await deliver(notification(method));
  }

  /** Asks something again for ourselves. @throws StreamRefused, M2mcpError when there is no result */
  async function ask({ method, params }: RequestMessage): Promise<JsonObject> {
    const message = requestMessage(`${OWN}${++serial}`, method, params);
    const failure = await exchange(message);
    const result = own.get(message.id);
    own.delete(message.id);
    if (failure && !failure.error) throw new StreamRefused(failure.status);
    if (!result) throw sessionLost(host);
    return result;
  }

  /** Waits for an attempt to open the session again, if there is one; resolves with the server's refusal. */
  async function again(): Promise<ErrorAnswer | undefined> {
    try {
      await ready;
      return undefined;
    } catch (error) {
      if (error instanceof StreamRefused) return { status: error.status };
      throw error;
    }
  }

  return {
    async request(message) {
      if (message.method === "initialize") initialize = message;
      else {
        if (!stream && initialized && !ready) comeBack();
        const refused = await again();
        if (refused) return refused;
      }
      wishes.note(message);
      const failure = await exchange(message);
      if (failure?.status !== 404 || !initialized) return failure;
      // The session is not known any more, though its stream is still open.
      if (!ready) {
        cut?.();
        comeBack();
      }
      return (await again()) ?? exchange(message);
    },
    async notify(message) {
      if (message.method === "notifications/initialized") initialized = message;
      await ready?.catch(() => {});
      await postQuietly(message.text);
      if (message.method !== "notifications/cancelled") return;
      const waits = waiting.get(message.params.requestId as Id);
      if (waits) setTimeout(() => waits.reject(streamCut(host)), LINGER_MS).unref?.();
    },
    async respond(message) {
      await ready?.catch(() => {});
      await postQuietly(message.text);
    },
    async close() {
      ended.abort();
    },
  };
}
