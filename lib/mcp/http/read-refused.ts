import { merelyStatus } from "../../net/markup-words.ts";
import { phraseOf, readWords } from "../../net/words.ts";
import { parseMessages } from "../jsonrpc/parse.ts";
import { type Refused, refused } from "../protocol/answer.ts";
import type { HttpResponse } from "./body.ts";
import { mediaType } from "./media-type.ts";
import { readErrorBody } from "./refusal.ts";
import { eventsIn } from "./sse.ts";

/** Reads a non-2xx response to its end, within limits. Never throws: an unreadable body is no JSON-RPC error. */
export async function readRefused(response: HttpResponse): Promise<Refused> {
  const { status, headers } = response;
  const { body } = await readErrorBody(response);
  return refusedIn({ status, headers, body });
}

/** What a non-2xx response says: the server's JSON-RPC error, plain or in SSE, or its words. */
export function refusedIn({
  status,
  headers,
  body,
}: {
  status: number;
  headers: Headers;
  body: string;
}): Refused {
  const phrase = phraseOf(readWords(body, headers.get("content-type")));
  const said = phrase === undefined || merelyStatus(phrase) ? {} : { words: phrase };
  const texts = mediaType(headers) === "text/event-stream" ? eventsIn(body).map(({ data }) => data) : [body];
  // Some servers leave out `jsonrpc` or the id's type: the error object alone is enough.
  for (const message of texts.flatMap((text) => (text === "" ? [] : parseMessages(text, "server"))))
    if (message.kind === "response" && message.error)
      return { ...refused(status, message.error, message.id), ...said };
  return { ...refused(status), ...said };
}
