import { codeOf } from "../error-code.ts";

/** What is asked of the system about processes. */
export interface Processes {
  /** The id of the process that started this one, as the system says it now. */
  parent(): number;
  runs(pid: number): boolean;
}

/**
 * Tells, whenever it is asked, whether the process that started this one has ended since. Elsewhere its children are given
 * another parent; on Windows they keep its id, which then is nobody's.
 */
export function watchParent(
  { parent, runs }: Processes = thisSystem,
  platform: string = process.platform,
): () => boolean {
  const first = parent();
  if (platform !== "win32") return () => parent() !== first;
  // Who had ended before has left us behind on purpose, as `start` does.
  const wasThere = first > 0 && runs(first);
  return () => wasThere && !runs(first);
}

const thisSystem: Processes = {
  parent: () => process.ppid,
  runs(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return codeOf(error) === "EPERM";
    }
  },
};
