import {
  answerTooLong,
  M2mcpError,
  streamCut,
  timedOut,
  unexpectedStatus,
  wrongContentType,
} from "../errors.ts";
import { type ErrorAnswer, mediaType, readErrorAnswer } from "./answers.ts";
import { hostOf, MAX_ANSWER_BYTES, sendHttp } from "./http.ts";
import { type Id, parseMessages } from "./messages.ts";
import type { Deliver, Road } from "./road.ts";
import { watchSilence } from "./silence.ts";
import { readEvents } from "./sse.ts";
import type { Text } from "./text.ts";
import type { Endpoint } from "./types.ts";

/**
 * A server of the deprecated HTTP+SSE transport (MCP 2024-11-05): one GET stream carries all its messages and
 * names, in a first event `endpoint`, where to POST. An end of the stream fails the requests under way.
 */
export function createHttpSseRoad(endpoint: Endpoint, deliver: Deliver): Road {
  const host = hostOf(endpoint.url);
  const ended = new AbortController();
  const waiting = new Map<Id, { resolve(): void; reject(error: unknown): void }>();
  let opened: Promise<string> | undefined;

  /** Opens the stream; resolves with the address to POST to. */
  function open(): Promise<string> {
    opened ??= new Promise<string>((resolve, reject) => {
      void stream(resolve).then(
        () => fail(streamCut(host)),
        (error: unknown) => fail(error),
      );
      const fail = (error: unknown) => {
        opened = undefined;
        reject(error);
        for (const { reject: refuse } of waiting.values()) refuse(error);
        waiting.clear();
      };
    });
    return opened;
  }

  async function stream(found: (address: string) => void): Promise<void> {
    const response = await sendHttp(endpoint, {
      method: "GET",
      headers: { accept: "text/event-stream" },
      signal: ended.signal,
      bodyTimeoutMs: Number.POSITIVE_INFINITY,
    });
    if (response.status >= 300) {
      await response.discard();
      throw unexpectedStatus(host, response.status);
    }
    if (mediaType(response.headers) !== "text/event-stream") {
      await response.discard();
      throw wrongContentType(host, mediaType(response.headers));
    }
    const tooLong = () => answerTooLong(host, MAX_ANSWER_BYTES);
    await readEvents(response.read, {}, MAX_ANSWER_BYTES, tooLong, async ({ event, data }) => {
      if (event === "endpoint") {
        const address = URL.parse(data, endpoint.url);
        // Tokens must not follow an address elsewhere.
        if (!address || address.origin !== new URL(endpoint.url).origin)
          throw wrongContentType(host, "an endpoint elsewhere");
        found(address.href);
        return;
      }
      for (const message of parseMessages(data)) {
        if (message.kind === "unreadable") continue;
        await deliver(message);
        if (message.kind === "response" && message.id !== null) waiting.get(message.id)?.resolve();
      }
    });
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

  return {
    async request(message) {
      const address = Promise.withResolvers<void>();
      waiting.set(message.id, address);
      address.promise.catch(() => {});
      const watch = watchSilence(endpoint.timeoutMs, () =>
        address.reject(timedOut(host, endpoint.timeoutMs)),
      );
      try {
        const failure = await post(message.text);
        if (failure) return failure;
        await address.promise;
        return undefined;
      } finally {
        watch.stop();
        waiting.delete(message.id);
      }
    },
    notify: (message) => postQuietly(message.text),
    respond: (message) => postQuietly(message.text),
    async close() {
      ended.abort();
    },
  };
}
