/** Resolves in a later turn of the event loop, when all that was waiting for a promise has gone on. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
