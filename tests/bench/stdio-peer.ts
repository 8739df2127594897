import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A bridge under the bench, spoken to over stdio. */
export interface Peer {
  call(method: string, params: object): Promise<void>;
  notify(method: string): void;
  pid: number;
  /** Resident memory of the process and all below it, in MB. */
  memoryMb(): number;
  end(): Promise<void>;
}

export function startPeer(command: string[], env: Record<string, string>): Peer {
  const [program = "", ...args] = command;
  const child: ChildProcessWithoutNullStreams = spawn(program, args, { env });
  child.stderr.resume();
  const waiting = new Map<number, () => void>();
  let rest: Buffer[] = [];
  let serial = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      rest.push(chunk.subarray(start, end));
      const { id } = JSON.parse(Buffer.concat(rest).toString("utf8"));
      rest = [];
      waiting.get(id)?.();
      waiting.delete(id);
      start = end + 1;
    }
    rest.push(chunk.subarray(start));
  });
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  return {
    call: (method, params) => {
      const id = ++serial;
      const answered = new Promise<void>((resolve) => waiting.set(id, resolve));
      send({ id, method, params });
      return answered;
    },
    notify: (method) => void send({ method }),
    pid: child.pid ?? 0,
    memoryMb: () => treeOf(child.pid ?? 0).reduce((sum, pid) => sum + residentMb(pid), 0),
    async end() {
      const closed = new Promise((resolve) => child.on("close", resolve));
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
      await closed;
      clearTimeout(timer);
    },
  };
}

function treeOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It has ended in between.
    }
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

function residentMb(pid: number): number {
  try {
    return Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
