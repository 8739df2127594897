/** Work that all who ask for the same thing at one time share: the first begins it, the others get its outcome. */
export function createSingleFlight<T>() {
  const underWay = new Map<string, Promise<T>>();
  return {
    isUnderWay: (what: string): boolean => underWay.has(what),
    run(what: string, work: () => Promise<T>): Promise<T> {
      const running = underWay.get(what);
      if (running) return running;
      const promise = work().finally(() => underWay.delete(what));
      underWay.set(what, promise);
      return promise;
    },
  };
}
