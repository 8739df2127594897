import { isPassing } from "../../../failure.ts";
import { createSchedule } from "../../../timing/schedule.ts";
import { sleep } from "../../../timing/sleep.ts";
import type { Answer } from "../../protocol/answer.ts";
import { isForGood } from "../../protocol/refusals/passing.ts";
import { isAway, type Member } from "../context.ts";

/**
 * Keeps up what lasts at one server: where it ends, or is refused for now, it is asked for again, at growing waits, while the
 * server is there.
 *
 * @param ask resolves when it has ended
 * @throws the signal's reason, and a failure that does not pass
 */
export async function keepUp(
  member: Member,
  signal: AbortSignal,
  ask: (isFirst: boolean) => Promise<Answer>,
): Promise<void> {
  const schedule = createSchedule();
  for (let isFirst = true; ; isFirst = false) {
    const startedMs = performance.now();
    const isOver = await ask(isFirst).then(isForGood, (error: unknown) => {
      if (signal.aborted || !isPassing(error)) throw error;
      return false;
    });
    if (isOver || isAway(member)) return;
    await sleep(schedule.next({ tookMs: performance.now() - startedMs, progressed: false }), signal);
    // Once it is back it is asked anew.
    if (isAway(member)) return;
  }
}
