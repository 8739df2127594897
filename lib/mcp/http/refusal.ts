import { merelyStatus } from "../../net/markup-words.ts";
import { phraseOf, readWords } from "../../net/words.ts";
import { sleep } from "../../timing/sleep.ts";
import type { HttpResponse } from "./body.ts";

/** Longest error body looked at, in bytes. */
const MAX_ERROR_BYTES = 64 * 1024;
/** How long the body of a refusal is waited for, in ms: what it says is worth less than to go on. */
const ERROR_BODY_MS = 2000;

/** The body of a refusal, as much of it as was read in time, and the server's words in it. */
export interface ErrorBody {
  body: string;
  /** As one phrase; absent where there are none beyond the status. */
  words?: string;
}

/** Reads the body of a refusal to its end, within limits. Never throws. */
export async function readErrorBody(response: HttpResponse): Promise<ErrorBody> {
  const inTime = new AbortController();
  const read = { text: "", isWhole: false };
  await Promise.race([readHead(response, read), sleep(ERROR_BODY_MS, inTime.signal)]).catch(() => {});
  inTime.abort();
  if (!read.isWhole) await response.discard();
  const body = (response.redact?.(read.text) ?? read.text).trim();
  const phrase = phraseOf(readWords(body, response.headers.get("content-type")));
  return phrase === undefined || merelyStatus(phrase) ? { body } : { body, words: phrase };
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
