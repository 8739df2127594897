import { createSemaphore } from "../../timing/semaphore.ts";

/** Outcomes that may wait for the one ahead of them, for each that may be under way. */
const WAITING = 8;

/**
 * Works on items, several at once, and hands over the outcomes in the order of the items.
 *
 * @param options.work never rejects
 * @param options.emit takes one outcome; resolves when more can be taken, never rejects
 * @param options.over ends it: what is under way is waited for, nothing new is begun
 */
export async function inOrder<Item, Outcome>(
  items: AsyncIterable<Item>,
  options: {
    parallel: number;
    work(item: Item): Promise<Outcome>;
    emit(outcome: Outcome): Promise<void> | void;
    over: AbortSignal;
  },
): Promise<void> {
  const { parallel, work, emit, over } = options;
  const permits = createSemaphore(parallel);
  const most = parallel * WAITING;
  let waiting = 0;
  let emitted: Promise<void> = Promise.resolve();
  for await (const item of items) {
    const release = await permits.acquire();
    if (over.aborted) break;
    const outcome = work(item).finally(release);
    waiting++;
    emitted = emitted.then(async () => {
      await emit(await outcome);
      waiting--;
    });
    // Who is far ahead of a slow one waits for it: memory is bounded.
    if (waiting >= most) await emitted;
  }
  await emitted;
}
