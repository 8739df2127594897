import { toldWords } from "../../net/words.ts";
import { sleep } from "../../timing/sleep.ts";
import { parseMessages } from "../jsonrpc/parse.ts";
import { type Refused, refused } from "../protocol/answer.ts";
import type { HttpResponse } from "./body.ts";
import type { RefusedBody } from "./layers/layer.ts";
import { mediaType } from "./media-type.ts";
import { eventsIn } from "./sse.ts";

/** Longest error body looked at, in bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** How long the body of a refusal is waited for, in ms: what it says is worth less than to go on. */
const ERROR_BODY_MS = 2000;

/** A response to what needs no answer: the server's refusal, where it is one. */
export async function refusalIn(response: HttpResponse): Promise<Refused | undefined> {
  if (response.status >= 300) return readRefused(response);
  await response.discard();
  return undefined;
}

/** Reads a non-2xx response to its end, within limits. Never throws: an unreadable body is no JSON-RPC error. */
export async function readRefused(response: HttpResponse): Promise<Refused> {
  const { status, headers } = response;
  return refusedIn({ status, headers, body: await readErrorBody(response) });
}

/** What a non-2xx response says: the server's JSON-RPC error, plain or in SSE, or its words. */
export function refusedIn({ status, headers, body }: RefusedBody): Refused {
  const words = toldWords(body, headers);
  const said = words === undefined ? {} : { words };
  const texts = mediaType(headers) === "text/event-stream" ? eventsIn(body).map(({ data }) => data) : [body];
  // Some servers leave out `jsonrpc` or the id's type: the error object alone is enough.
  for (const message of texts.flatMap((text) => (text === "" ? [] : parseMessages(text, "server"))))
    if (message.kind === "response" && message.error)
      return { ...refused(status, message.error, message.id), ...said };
  return { ...refused(status), ...said };
}

/** The body of a refusal, as much of it as comes in time, within limits. Never throws. */
export async function readErrorBody(response: HttpResponse): Promise<string> {
  const inTime = new AbortController();
  const read = { text: "", isWhole: false };
  await Promise.race([readHead(response, read), sleep(ERROR_BODY_MS, inTime.signal)]).catch(() => {});
  inTime.abort();
  if (!read.isWhole) await response.discard();
  return (response.redact?.(read.text) ?? read.text).trim();
}

class Enough extends Error {}

/** Reads the start of a body into `read`, which also holds what was there when time is over. */
async function readHead(response: HttpResponse, read: { text: string; isWhole: boolean }): Promise<void> {
  const decoder = new TextDecoder();
  let size = 0;
  await response.read((bytes) => {
    read.text += decoder.decode(bytes.subarray(0, MAX_ERROR_BYTES - size), { stream: true });
    size += bytes.length;
    if (size > MAX_ERROR_BYTES) throw new Enough();
  });
  read.isWhole = true;
}
