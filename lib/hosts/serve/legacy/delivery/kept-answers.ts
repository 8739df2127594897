import type { Text } from "../../../../mcp/jsonrpc/bytes.ts";
import { startTimer } from "../../../../timing/timer.ts";
import type { Delivery } from "./delivery.ts";

/** An answer whose client has gone is kept for so long, in ms. */
const KEPT_MS = 5 * 60_000;
/** Most that is kept of all clients, in characters; of more, the oldest go. */
const MOST_KEPT = 64 * 1024 * 1024;

/** Answers whose clients have gone. */
export class KeptAnswers {
  /** What ends that each is kept; the oldest first. */
  readonly #ends = new Map<Delivery, () => void>();
  /** Of all of them, in characters. */
  #length = 0;

  get size(): number {
    return this.#ends.size;
  }

  /** Keeps an answer for its client. @param forget told when it is kept no more */
  keep(delivery: Delivery, text: Text, forget: () => void): void {
    delivery.answer = text;
    const timer = startTimer(KEPT_MS, () => this.end(delivery));
    timer.keepAlive(false);
    this.#ends.set(delivery, () => {
      timer.stop();
      this.#length -= text.length;
      forget();
    });
    this.#length += text.length;
    for (const oldest of this.#ends.keys()) {
      if (this.#length <= MOST_KEPT) return;
      this.end(oldest);
    }
  }

  /** Keeps it no longer, where it was kept. */
  end(delivery: Delivery): void {
    const end = this.#ends.get(delivery);
    this.#ends.delete(delivery);
    end?.();
  }
}
