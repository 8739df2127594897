// The one reader of files that a user or another program may have put there: bounded in size and time, and never
// waiting for a pipe's writer or a device.
import type { Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { codeOf } from "../error-code.ts";
import { handedPipe } from "../hidden-arguments.ts";

/** A file system that gives no answer for this long is as good as gone, in ms. */
const TIMEOUT_MS = 5000;
/** A pipe is looked at this often, in ms. */
const PIPE_LOOK_MS = 20;
const CHUNK_BYTES = 64 * 1024;

export interface ReadLimits {
  maxBytes: number;
  /** 5000 unless given. */
  timeoutMs?: number;
  /** A pipe that is being written, as of `<(command)`, is read to its end too. */
  pipes?: boolean;
  /**
   * Read while it is still being looked at what it is, which takes a turn of the event loop less: for what nobody has
   * put a pipe or a device in the place of, whose content would be lost.
   */
  atOnce?: boolean;
}

export interface FileContent {
  bytes: Buffer;
  /** Permission bits. */
  mode: number;
}

/** What is read is no file that can be read within the limits, or what is written has a name that no file can have. */
export class FileRefused extends Error {
  readonly code: "not_a_file" | "too_large" | "too_slow" | "bad_name";
  /** @param reason for a person, after "cannot read FILE: " */
  constructor(code: FileRefused["code"], reason: string) {
    super(reason);
    this.code = code;
  }
}

/**
 * The content of a regular file; symbolic links are followed.
 *
 * @throws FileRefused for a pipe, a device, a folder, a socket, a file above `maxBytes` or one that takes longer than
 * `timeoutMs`; else what the file system says (`code` ENOENT, EACCES, …)
 */
export async function readRegularFile(path: string, limits: ReadLimits): Promise<FileContent> {
  const handed = limits.pipes === true ? handedPipe(path) : undefined;
  if (handed && handed.length > limits.maxBytes) throw tooLarge(limits.maxBytes);
  if (handed) return { bytes: handed, mode: 0o600 };
  const timeoutMs = limits.timeoutMs ?? TIMEOUT_MS;
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new FileRefused("too_slow", `it gave nothing within ${timeoutMs / 1000} s`));
  }, timeoutMs);
  try {
    // A call into a dead file system cannot be taken back, only left alone.
    return await Promise.race([readOnce(path, limits, late.signal), aborted(late.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

interface BunFile {
  stat(): Promise<Stats>;
  slice(from: number, to: number): { bytes(): Promise<Uint8Array> };
}

async function readOnce(path: string, limits: ReadLimits, late: AbortSignal): Promise<FileContent> {
  const bun = (globalThis as { Bun?: { file(path: string): BunFile } }).Bun;
  const plain = bun && limits.pipes !== true ? await readPlainFile(bun.file(path), limits) : null;
  return plain ?? readByHandle(path, limits, late);
}

/**
 * What nearly all files are, read by Bun itself: loading node:fs takes a third of a bare start. Null for what is none,
 * or does not say how much it holds, as files of /proc.
 */
async function readPlainFile(
  file: BunFile,
  { maxBytes, atOnce = false }: ReadLimits,
): Promise<FileContent | null> {
  const read = () => file.slice(0, maxBytes + 1).bytes();
  const begun = atOnce ? read() : undefined;
  // Where it is none, nobody asks what came of it.
  begun?.catch(() => {});
  const found = await file.stat();
  if (!found.isFile() || found.size === 0) return null;
  if (found.size > maxBytes) throw tooLarge(maxBytes);
  const { buffer, byteOffset, length } = await (begun ?? read());
  // It may have grown.
  if (length > maxBytes) throw tooLarge(maxBytes);
  return { bytes: Buffer.from(buffer, byteOffset, length), mode: found.mode & 0o777 };
}

async function readByHandle(path: string, limits: ReadLimits, late: AbortSignal): Promise<FileContent> {
  const { constants, open } = await import("node:fs/promises");
  // Without O_NONBLOCK, opening a pipe waits for its writer. Not on Windows.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = await handle.stat();
    const isPipe = limits.pipes === true && found.isFIFO();
    if (!found.isFile() && !isPipe) throw new FileRefused("not_a_file", kindOf(found));
    const bytes = await readToEnd(handle, found.size, limits.maxBytes, late);
    return { bytes, mode: found.mode & 0o777 };
  } finally {
    await handle.close();
  }
}

/** @param size what the file system says; files of /proc say 0, and a file may grow */
async function readToEnd(
  handle: FileHandle,
  size: number,
  maxBytes: number,
  late: AbortSignal,
): Promise<Buffer> {
  if (size > maxBytes) throw tooLarge(maxBytes);
  let buffer = Buffer.allocUnsafe(size + 1);
  for (let length = 0; ; ) {
    if (length === buffer.length) buffer = Buffer.concat([buffer], length + CHUNK_BYTES);
    const count = await readSome(handle, buffer, length, late);
    if (count === 0) return buffer.subarray(0, length);
    length += count;
    if (length > maxBytes) throw tooLarge(maxBytes);
  }
}

async function readSome(handle: FileHandle, into: Buffer, at: number, late: AbortSignal): Promise<number> {
  for (;;) {
    late.throwIfAborted();
    try {
      return (await handle.read(into, at, into.length - at, null)).bytesRead;
    } catch (error) {
      // A pipe whose writer has written nothing yet.
      if (codeOf(error) !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, PIPE_LOOK_MS));
    }
  }
}

const tooLarge = (maxBytes: number) => new FileRefused("too_large", `it is larger than ${inWords(maxBytes)}`);

function kindOf(found: Stats): string {
  if (found.isDirectory()) return "it is a folder";
  if (found.isFIFO()) return "it is a pipe, not a file";
  if (found.isSocket()) return "it is a socket, not a file";
  return "it is a device, not a file";
}

const inWords = (bytes: number) =>
  bytes >= 1024 * 1024 ? `${Math.round(bytes / 1024 / 1024)} MiB` : `${Math.ceil(bytes / 1024)} KiB`;
