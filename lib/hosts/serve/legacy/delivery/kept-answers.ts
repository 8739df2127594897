import type { Text } from "../../../../mcp/jsonrpc/bytes.ts";
import { startTimer } from "../../../../timing/timer.ts";
import type { ServeContext } from "../../context.ts";
import type { Delivery } from "./delivery.ts";

/** An answer whose client has gone is kept for so long, in ms. */
const KEPT_MS = 5 * 60_000;
/** Most that is kept of all clients, in characters; of more, the oldest go. */
const MOST_KEPT = 64 * 1024 * 1024;

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
  const end = () => {
    timer.stop();
    kept.delete(delivery);
    forget();
  };
  kept.set(delivery, end);
  let size = [...kept.keys()].reduce((sum, { answer }) => sum + (answer?.length ?? 0), 0);
  for (const [{ answer }, endOldest] of kept) {
    if (size <= MOST_KEPT) return;
    size -= answer?.length ?? 0;
    endOldest();
  }
}
