/** Work that nobody waits for before the end, and whose failure is nobody's: writing down what was learnt. */
export function createBackground() {
  const running = new Set<Promise<unknown>>();
  return {
    run(work: Promise<unknown>): void {
      const quiet = work.catch(() => {}).finally(() => running.delete(quiet));
      running.add(quiet);
    },
    async settled(): Promise<void> {
      await Promise.all(running);
    },
  };
}

export type Background = ReturnType<typeof createBackground>;
