import type { ExportResponse } from "@opentelemetry/otlp-exporter-base";

/** Deliveries of one batch, at most. */
const MOST_ATTEMPTS = 6;
/** The first pause, the longest, and how they grow: those of the SDK's exporters over HTTP. */
const PAUSE = { firstMs: 1000, longestMs: 5000, factor: 1.5, jitter: 0.2 };

/** One delivery. @param limitMs how long it may take, in ms */
export type Deliver = (limitMs: number) => Promise<ExportResponse>;

/**
 * Tries again what may be tried again, with growing pauses or after the time that the collector names, as long as all of
 * it fits into the limit (OTLP "Retryable Response Codes", "Throttling").
 */
export async function deliverWithin(
  limitMs: number,
  deliver: Deliver,
  { now, sleep, random }: { now(): number; sleep(ms: number): Promise<void>; random(): number },
): Promise<ExportResponse> {
  const endsAtMs = now() + limitMs;
  let pauseMs = PAUSE.firstMs;
  for (let attempt = 1; ; attempt++) {
    const response = await deliver(endsAtMs - now());
    if (response.status !== "retryable" || attempt === MOST_ATTEMPTS) return response;
    const spread = 1 + (2 * random() - 1) * PAUSE.jitter;
    const waitMs = response.retryInMillis ?? Math.min(pauseMs * spread, PAUSE.longestMs);
    pauseMs *= PAUSE.factor;
    if (now() + waitMs >= endsAtMs) return response;
    await sleep(waitMs);
  }
}
