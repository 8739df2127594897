import { startTimer, type Timer } from "../timing/timer.ts";
import { stalled } from "./trouble.ts";

/** The time is counted in so many parts: a process that gets no processor sees each of them late, and waits for longer. */
const PARTS = 10;

/**
 * Work within a limit of time; what it is doing is cut off then.
 *
 * @param work told what cuts off what it is doing, as soon as it can be
 * @param limitMs in ms of a process that runs
 * @throws CacheTrouble stalled; what `work` throws
 */
export function limited<T>(
  work: (cutBy: (cut: () => void) => void) => Promise<T>,
  limitMs: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let cut: (() => void) | undefined;
    let timer: Timer | undefined;
    let parts = 0;
    const late = () => {
      reject(stalled(limitMs));
      cut?.();
    };
    const count = () => {
      timer = startTimer(limitMs / PARTS, () => {
        if (++parts < PARTS) count();
        // What has come by now is read first.
        else timer = startTimer(0, late);
      });
    };
    count();
    work((next) => {
      cut = next;
    })
      .then(resolve, reject)
      .finally(() => timer?.stop());
  });
}
