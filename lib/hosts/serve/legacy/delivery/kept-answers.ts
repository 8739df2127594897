import type { Text } from "../../../../mcp/jsonrpc/bytes.ts";
import { startTimer } from "../../../../timing/timer.ts";
import type { ServeContext } from "../../context.ts";
import type { Delivery } from "./delivery.ts";

/** An answer whose client has gone is kept for so long, in ms. */
const KEPT_MS = 5 * 60_000;
/** Most that is kept of all clients, in characters; of more, the oldest go. */
const MOST_KEPT = 64 * 1024 * 1024;

/** How much that is by now, of each process that serves: summing it up for each answer takes long where many are kept. */
const sizes = new WeakMap<ServeContext["kept"], number>();

/** Keeps an answer for its client. @param forget told when it is kept no more */
export function keepAnswer(
  { kept }: Pick<ServeContext, "kept">,
  delivery: Delivery,
  text: Text,
  forget: () => void,
): void {
  delivery.answer = text;
  const timer = startTimer(KEPT_MS, () => end());
  timer.keepAlive(false);
  const size = () => sizes.get(kept) ?? 0;
  const end = () => {
    timer.stop();
    if (kept.delete(delivery)) sizes.set(kept, size() - text.length);
    forget();
  };
  kept.set(delivery, end);
  sizes.set(kept, size() + text.length);
  for (const endOldest of kept.values()) {
    if (size() <= MOST_KEPT) return;
    endOldest();
  }
}
