import { readdirSync, readFileSync } from "node:fs";

/** The process and all below it. */
function treeOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const stat = read(`/proc/${name}/stat`);
    if (stat) parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** A file of /proc; empty once the process has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

/** Memory of a process and all below it, shared pages counted by share (PSS), in MB. */
export const memoryMb = (root: number): number =>
  sum(
    treeOf(root).map(
      (pid) => Number(/^Pss: +(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024,
    ),
  );

/** Processor time of a process and all below it so far, in ms; the kernel counts in steps of 10. */
export const processorMs = (root: number): number =>
  sum(
    treeOf(root).map((pid) => {
      const stat = read(`/proc/${pid}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return stat === "" ? 0 : (Number(fields[11]) + Number(fields[12])) * 10;
    }),
  );

/** Watches the memory of a tree until stopped; then tells the most that was seen, in MB. */
export function watchPeak(root: number): () => number {
  let peak = memoryMb(root);
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryMb(root));
  }, 50);
  return () => {
    clearInterval(timer);
    return Math.max(peak, memoryMb(root));
  };
}

/** How often the threads of a process have been woken so far (voluntary context switches). */
export function wakeUps(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return sum(
    threads.map((thread) =>
      Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(`/proc/${pid}/task/${thread}/status`))?.[1] ?? 0),
    ),
  );
}
