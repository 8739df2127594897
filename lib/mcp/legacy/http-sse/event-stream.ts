import { answerTooLong, streamCut } from "../../../net/errors.ts";
import { hostOf } from "../../../net/network-error.ts";
import { follow } from "../../../timing/linked-abort.ts";
import { startTimer } from "../../../timing/timer.ts";
import { MAX_ANSWER_BYTES } from "../../http/body.ts";
import { endpointIn } from "../../http/endpoint-event.ts";
import { mediaType } from "../../http/media-type.ts";
import { readRefused } from "../../http/refusal.ts";
import { sendHttp } from "../../http/send.ts";
import { readEvents } from "../../http/sse.ts";
import { asString, type Text } from "../../jsonrpc/bytes.ts";
import type { Refused } from "../../protocol/answer.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { endpointElsewhere, wrongContentType } from "../../protocol/errors.ts";

/** How long the event that names the address may take, in ms: other servers' streams never bring it. */
const ENDPOINT_MS = 20_000;

/** The GET was refused: the server may be of another kind. */
export class StreamRefused extends Error {
  readonly refusal: Refused;
  constructor(refusal: Refused) {
    super("the stream was refused");
    this.refusal = { ...refusal, isUnsent: true };
  }
}

/** One stream of the HTTP+SSE transport. */
export interface EventStream {
  /** Where to POST to, once the server has named it. @throws StreamRefused, M2mcpError */
  address: Promise<string>;
  /** Settles when the stream has ended. @throws StreamRefused, M2mcpError */
  ended: Promise<void>;
  close(): void;
}

/**
 * Opens the stream of a server of the deprecated HTTP+SSE transport (MCP 2024-11-05), whose first event names where to
 * POST.
 *
 * @param take takes the data of each further event
 */
export function openEventStream(
  endpoint: Endpoint,
  signal: AbortSignal,
  take: (data: Text) => Promise<void>,
): EventStream {
  const abort = new AbortController();
  const unlink = follow(signal, abort);
  const named = Promise.withResolvers<string>();
  const ended = hold(endpoint, abort, named.resolve, take).finally(unlink);
  ended.then(
    () => named.reject(streamCut(hostOf(endpoint.url))),
    (error: unknown) => named.reject(error),
  );
  named.promise.catch(() => {});
  return { address: named.promise, ended, close: () => abort.abort(streamCut(hostOf(endpoint.url))) };
}

async function hold(
  endpoint: Endpoint,
  abort: AbortController,
  name: (address: string) => void,
  take: (data: Text) => Promise<void>,
): Promise<void> {
  const host = hostOf(endpoint.url);
  const nameless = () => abort.abort(wrongContentType(host, "a stream that names no endpoint"));
  const timer = startTimer(ENDPOINT_MS, nameless);
  try {
    const response = await sendHttp(endpoint, {
      method: "GET",
      headers: { accept: "text/event-stream" },
      signal: abort.signal,
      bodyTimeoutMs: Number.POSITIVE_INFINITY,
    });
    if (response.status >= 300) throw new StreamRefused(await readRefused(response));
    const type = mediaType(response.headers);
    if (type !== "text/event-stream") {
      await response.discard();
      throw wrongContentType(host, type);
    }
    const tooLong = () => answerTooLong(host, MAX_ANSWER_BYTES);
    await readEvents(response, {}, MAX_ANSWER_BYTES, tooLong, async ({ event, data }) => {
      if (event !== "endpoint") return event === undefined || event === "message" ? take(data) : undefined;
      timer.stop();
      name(addressIn(asString(data), endpoint.url));
    });
  } finally {
    timer.stop();
  }
}

/** The address in the first event: relative to the stream's own, and of its origin. */
function addressIn(data: string, url: string): string {
  const address = URL.parse(endpointIn(data) ?? "", url);
  if (!address || address.origin !== new URL(url).origin)
    throw endpointElsewhere(hostOf(url), address?.origin ?? "no address");
  return address.href;
}
