/** The end of some work, whichever it is: for those who wait for it and are not told of its outcome. */
export const quietly = (work: Promise<unknown>): Promise<void> =>
  work.then(
    () => {},
    () => {},
  );
