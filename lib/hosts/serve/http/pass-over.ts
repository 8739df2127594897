import type { IncomingMessage } from "node:http";
import { startTimer } from "../../../timing/timer.ts";

/** What comes of a body after its request was answered is passed over for so long, in ms. */
const PASSED_OVER_MS = 5000;

/**
 * Passes over what is still to come of a request that is answered by now: many clients read the answer after all of it (RFC
 * 9112 §9.6), and the next one on the connection is heard. Who goes on for too long loses the connection.
 *
 * @param come called once all has come
 */
export function passOver(incoming: IncomingMessage, come?: () => void): void {
  const timer = startTimer(PASSED_OVER_MS, () => incoming.socket.destroy());
  timer.keepAlive(false);
  incoming.once("close", () => timer.stop());
  incoming.on("error", () => {});
  if (come) incoming.once("end", come);
  incoming.resume();
}

/** Whether there may be more of its body to come. */
export const isComing = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && ("transfer-encoding" in headers || Number(headers["content-length"] ?? 0) > 0);
