/** Garbage made before the runtime is asked to look for it, in bytes: a look costs as much as hundreds of short calls. */
const ENOUGH_BYTES = 16 * 1024 * 1024;
/** From this size on, what a message leaves behind is given back as soon as it is on its way. */
const LARGE_BYTES = 1024 * 1024;
/** What one message leaves behind beside its text, which is there as bytes and as what was read of them, in bytes. */
const PER_MESSAGE_BYTES = 2 * 1024;
/** Quiet after which memory goes back to the operating system, in ms. */
const QUIET_MS = 1000;

interface Collector {
  /** Collects garbage; what was freed is kept for reuse. */
  collect(): void;
  /** Collects garbage and gives free pages back, ten times as slow; what was compiled so far goes too. */
  giveBack(): void;
}

/** Bun lets its heap grow with the machine's memory; a bridge that runs all day shall stay small on any machine. */
async function openCollector(): Promise<Collector | null> {
  const bun = (globalThis as { Bun?: { gc(force: boolean): void } }).Bun;
  if (!bun) return null;
  const { fullGC } = await import("bun:jsc");
  return { collect: () => void fullGC(), giveBack: () => bun.gc(true) };
}

/**
 * Hints to the garbage collector that keep memory small where messages are long or many.
 *
 * @returns to be called with the size of each message that is done, in bytes
 */
export async function createGcHint(): Promise<(bytes: number) => void> {
  const collector = await openCollector();
  if (!collector) return () => {};
  let garbage = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (bytes) => {
    garbage += 2 * bytes + PER_MESSAGE_BYTES;
    if (garbage < ENOUGH_BYTES) return;
    garbage = 0;
    if (bytes < LARGE_BYTES) collector.collect();
    // Not before the message is on its way, and not while the stack still holds what was read of it.
    else setImmediate(collector.giveBack);
    if (timer) timer.refresh();
    else timer = setTimeout(() => collector.giveBack(), QUIET_MS).unref();
  };
}

/** From this size on, what reading a message leaves behind is collected before it goes on, in bytes. */
const HUGE_BYTES = 32 * 1024 * 1024;
/** Read of large messages before it is collected what that left behind, in bytes: several copies of each. */
const READ_BYTES = 16 * 1024 * 1024;

let readBytes = 0;

/**
 * To be called between the steps in which a message is read: its copies together are a multiple of it.
 *
 * @returns what to wait for, where the message is huge
 */
export function afterReading(bytes: number): Promise<void> | undefined {
  if (bytes < LARGE_BYTES) return undefined;
  if (bytes >= HUGE_BYTES) return collectNow("giveBack");
  readBytes += bytes;
  if (readBytes < READ_BYTES) return undefined;
  readBytes = 0;
  void collectNow("collect");
  return undefined;
}

/** In a turn of its own: until this one is over, what was read is held. */
async function collectNow(how: keyof Collector): Promise<void> {
  const collector = await openCollector();
  await new Promise((resolve) => setImmediate(resolve));
  collector?.[how]();
}
