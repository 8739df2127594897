/** Lets work under the same name run one after another within this process, whatever the work before came to. */
export function createTurns() {
  const last = new Map<string, Promise<unknown>>();
  return function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const mine = (last.get(name) ?? Promise.resolve()).then(work);
    const settled = mine.catch(() => {});
    last.set(name, settled);
    void settled.then(() => last.get(name) === settled && last.delete(name));
    return mine;
  };
}

export type InTurn = ReturnType<typeof createTurns>;
