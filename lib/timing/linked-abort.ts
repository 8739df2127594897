/** Aborts `child` with its parent, until unlinked: a parent may outlive thousands of requests. */
export function follow(parent: AbortSignal | undefined, child: AbortController): () => void {
  if (!parent) return () => {};
  const pass = () => child.abort(parent.reason);
  if (parent.aborted) pass();
  else parent.addEventListener("abort", pass, { once: true });
  return () => parent.removeEventListener("abort", pass);
}

/** Controllers that nothing has aborted and nobody needs any more: making one costs more than most steps of a call. */
const spare: AbortController[] = [];
/** A request takes two, and a bridge has 192 of them under way at most. */
const MAX_SPARE = 384;

/** A controller that has not been aborted. */
export const takeController = (): AbortController => spare.pop() ?? new AbortController();

/** Gives one back whose work is over: nobody may hold its signal any more. One that was aborted goes. */
export function giveBackController(controller: AbortController): void {
  if (!controller.signal.aborted && spare.length < MAX_SPARE) spare.push(controller);
}
