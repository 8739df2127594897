/** Aborts `child` with its parent, until unlinked: a parent may outlive thousands of requests. */
export function follow(parent: AbortSignal | undefined, child: AbortController): () => void {
  if (!parent) return () => {};
  const pass = () => child.abort(parent.reason);
  if (parent.aborted) pass();
  else parent.addEventListener("abort", pass, { once: true });
  return () => parent.removeEventListener("abort", pass);
}
