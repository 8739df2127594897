// A file that lines are added to by several processes at once: each line is one write to a file opened for appending,
// before the answer goes to who asked. What cannot be written is counted, and the call goes on.
import { closeSync, fstatSync, openSync, statSync, writeSync } from "node:fs";
import { codeOf } from "../../platform/error-code.ts";
import { APPENDING, endsInHalfLine, moveAside, type Rotation } from "../../platform/files/move-aside.ts";

/** How often is looked whether the file is full, or was moved away, in ms. */
const LOOK_MS = 250;

export interface AuditFile {
  /** Never throws. */
  write(line: string): void;
  end(): void;
}

export interface AuditFileOptions {
  path: string;
  /** Absent: something else moves the file away when it is time. */
  rotation?: Rotation | undefined;
  /** Told once for each time that lines begin to be lost, and how many were once that is over. */
  warn(line: string): void;
  now(): number;
}

/** What this process has of the file. */
interface Open {
  fd: number;
  isRegular: boolean;
  ino: number;
  lookedAtMs: number;
  /** Written by this process since it looked. */
  bytes: number;
  /** A line was cut, here or by who wrote before: the next one begins anew. */
  isTorn: boolean;
}

/** @throws the system's error where the file cannot be opened */
export function openAuditFile(options: AuditFileOptions): AuditFile {
  let open: Open | undefined = opened(options.path);
  let lost = 0;

  function put(text: string): void {
    if (open && hasLeft(options, open)) {
      closeSync(open.fd);
      open = undefined;
    }
    open ??= opened(options.path);
    const bytes = Buffer.from(open.isTorn ? `\n${text}` : text);
    const written = writeSync(open.fd, bytes);
    open.bytes += written;
    open.isTorn = written > 0 && written < bytes.length;
    if (written < bytes.length) throw new Error("the disk is full");
  }
  return {
    write(line) {
      try {
        if (lost > 0) put(`${JSON.stringify({ time: new Date(options.now()).toISOString(), lost })}\n`);
        if (lost > 0) options.warn(`the audit goes on; ${lost} lines are lost`);
        lost = 0;
        put(`${line}\n`);
      } catch (error) {
        if (lost++ === 0)
          options.warn(
            `the audit cannot be written (${codeOf(error) || "it is cut short"}): calls go on without`,
          );
      }
    },
    end() {
      if (open) closeSync(open.fd);
      open = undefined;
    },
  };
}

function opened(path: string): Open {
  const fd = openSync(path, APPENDING, 0o600);
  const found = fstatSync(fd);
  const isRegular = found.isFile();
  return {
    fd,
    isRegular,
    ino: found.ino,
    lookedAtMs: performance.now(),
    bytes: 0,
    isTorn: isRegular && endsInHalfLine(path),
  };
}

/** Whether lines go to another file from now on: this one is full, or was moved away by whoever. */
function hasLeft({ path, rotation }: AuditFileOptions, open: Open): boolean {
  if (!open.isRegular) return false;
  const nowMs = performance.now();
  const isMuch = rotation !== undefined && open.bytes * 8 >= rotation.maxBytes;
  if (!isMuch && nowMs - open.lookedAtMs < LOOK_MS) return false;
  open.lookedAtMs = nowMs;
  open.bytes = 0;
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.ino !== open.ino) return true;
  return rotation !== undefined && there.size >= rotation.maxBytes && moveAside(path, open.ino, rotation);
}
