import type { EraTransport, Opened } from "../pairs/era-transport.ts";
import { type Answer, type Refused, refused } from "../protocol/answer.ts";
import type { Endpoint, ServerEra } from "../protocol/endpoint.ts";
import { onlyReads } from "../protocol/repeat-idempotent.ts";
import type { Call } from "../protocol/transport.ts";
import { type AttemptFailure, asAttemptFailure, distanceOf, erasAfter } from "./failures.ts";
import { orOldStream } from "./old-stream.ts";
import { type Asking, orHandshake } from "./or-handshake.ts";

/** A transport that was opened. */
export interface Connected {
  era: ServerEra;
  transport: EraTransport;
  /** Whether the server has answered in this era; else the era is remembered or assumed. */
  proven: boolean;
  /** @see Opened */
  isResumed: boolean;
}

/** What asking the eras came to. */
export type Negotiated =
  | { kind: "connected"; connected: Connected; answer?: Answer; initialized?: Opened & { kind: "opened" } }
  | Refused;

export interface NegotiateOptions {
  /** The eras to ask, in this order; what the answers suggest comes behind. */
  eras: readonly ServerEra[];
  /** The eras that may be asked at all. */
  allowed: readonly ServerEra[];
  /** The era that the server is remembered or pinned to be of. */
  known: ServerEra | undefined;
  /** Whether the eras are our own guess: a client of our own has none. */
  guesses: boolean;
  /** Makes the transport for one era. @param isWanted whether what it learns of the server counts; it does unless given */
  transportOf(era: ServerEra, isWanted?: () => boolean): EraTransport;
  endpoint: Endpoint;
}

/**
 * Asks one era after the other until the server answers in one. Of several failures, the one that came furthest is told.
 *
 * @param first the request that waits for it, as it is sent in each attempt
 * @throws M2mcpError what ends the search: the way to the server failed, or no attempt came further than to throw
 */
export async function negotiate(first: Call, options: NegotiateOptions): Promise<Negotiated> {
  const queue = [...options.eras];
  let furthest: { distance: number; failure: AttemptFailure } | undefined;
  // Eras are added while the server refuses; each is asked once.
  for (const era of queue) {
    const isKnown = era === options.known;
    const isGuess = options.guesses && !isKnown;
    const mayBeSilent = era === "modern" && !isKnown && !queue.includes("legacy");
    const attempt = await (mayBeSilent ? openEither : openOnce)(era, isKnown, first, options);
    if (attempt.kind === "connected") return attempt;
    const { failure } = attempt;
    const next = erasAfter(era, isGuess, failure).filter((other) => options.allowed.includes(other));
    const distance = distanceOf(era, failure);
    // A server that speaks the era has the last word among failures that came as far.
    const isLast = next.length === 0 && failure.kind === "refused" && era !== "sse";
    if (!furthest || distance > furthest.distance || (isLast && distance === furthest.distance))
      furthest = { distance, failure };
    if (isLast) break;
    for (const other of next)
      if (!queue.includes(other)) {
        options.endpoint.log(`the server is not of the ${era} era: trying ${other}`);
        queue.push(other);
      }
  }
  if (furthest?.failure.kind === "thrown") throw furthest.failure.error;
  return furthest?.failure.refusal ?? refused(404);
}

/** A handshake is asked for beside a question that has no answer yet, unless that is a call, which the server may be at work on. */
function openEither(
  era: ServerEra,
  isKnown: boolean,
  first: Call,
  options: NegotiateOptions,
): Promise<Attempt> {
  const { allowed, guesses, endpoint } = options;
  const attempt =
    (tried: ServerEra): Asking =>
    (signal, isWanted) => {
      const transportOf = (other: ServerEra) => options.transportOf(other, isWanted);
      return openOnce(tried, isKnown, { ...first, signal }, { ...options, transportOf });
    };
  const mayAskBoth = allowed.includes("legacy") && (!guesses || onlyReads(first.message.method));
  const isLegacys = (found: Attempt) =>
    found.kind === "failed" && erasAfter(era, guesses, found.failure).includes("legacy");
  return mayAskBoth
    ? orHandshake(attempt(era), attempt("legacy"), isLegacys, first.signal, endpoint)
    : openOnce(era, isKnown, first, options);
}

export type Attempt = Exclude<Negotiated, Refused> | { kind: "failed"; failure: AttemptFailure };

async function openOnce(
  era: ServerEra,
  isKnown: boolean,
  first: Call,
  options: NegotiateOptions,
): Promise<Attempt> {
  const { transportOf, guesses, allowed, endpoint } = options;
  const isReading = onlyReads(first.message.method);
  // A call that the server may be at work on is not given up.
  const maySwitch =
    era !== "sse" && allowed.includes("sse") && (isReading || first.message.method === "initialize");
  const transport = transportOf(era);
  const giveUp = () => void transport.close("end");
  try {
    const asked = transport.open(first, isKnown);
    const opened = await (maySwitch ? orOldStream(asked, endpoint) : asked);
    if (opened.kind === "opened") {
      const { proven, isResumed = false, answer } = opened;
      return {
        kind: "connected",
        connected: { era, transport, proven, isResumed },
        initialized: opened,
        ...(answer ? { answer } : {}),
      };
    }
    giveUp();
    return { kind: "failed", failure: { kind: "refused", refusal: opened } };
  } catch (error) {
    giveUp();
    const failure = asAttemptFailure({ era, isGuess: guesses && !isKnown, isReading }, error);
    if (!failure) throw error;
    return { kind: "failed", failure };
  }
}
