import { M2mcpError } from "../../failure.ts";
import { until } from "../../timing/until.ts";
import type { Refused } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";

/** How long a notification may hold up what comes behind it, in ms. */
export const HOLD_UP_MS = 5000;
/** How long the end waits for what the server is being told, in ms. */
const LAST_WORDS_MS = 500;

/**
 * Waits for what needs no answer to be sent, and logs what keeps the server from taking it. Never rejects.
 *
 * @param what it is, for a person
 * @param over aborted once that is no matter any more
 * @returns the server's refusal
 */
export async function telling(
  what: string,
  sent: Promise<Refused | undefined>,
  { log }: Pick<Endpoint, "log">,
  over?: AbortSignal,
): Promise<Refused | undefined> {
  try {
    const refusal = await sent;
    if (refusal) log(`${what} was refused with HTTP status ${refusal.status}`);
    return refusal;
  } catch (error) {
    const why = error instanceof M2mcpError ? error.message : "internal error";
    if (!over?.aborted) log(`${what} could not be sent: ${why}`);
    return undefined;
  }
}

/**
 * Tells a server something once it was told what came before, so that the order is kept. Never rejects.
 *
 * @param before what it was told last
 */
export const inTurn = (before: Promise<unknown>, tell: () => Promise<unknown>): Promise<unknown> =>
  before.then(() => until(tell(), HOLD_UP_MS)).catch(() => {});

/** What a server is being told, and nobody waits for but the end. */
export type LastWords = Set<Promise<unknown>>;

/** @param told never rejects */
export function addLastWord(lastWords: LastWords, told: Promise<unknown>): void {
  const word: Promise<unknown> = told.finally(() => lastWords.delete(word));
  lastWords.add(word);
}

/** Resolves once all of it has gone out, or has had a moment to. */
export const areSaid = (lastWords: LastWords): Promise<boolean> =>
  until(Promise.all(lastWords), LAST_WORDS_MS);
