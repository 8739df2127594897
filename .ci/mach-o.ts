// The ad-hoc signature of a Mach-O executable, as `codesign --sign -` makes it: a hash of each page in a code directory
// (xnu, osfmk/kern/cs_blobs.h). The runtime's own is of the file before the program was put into it.
import { createHash } from "node:crypto";

const MAGIC_64 = 0xfeedfacf;
const SEGMENT_64 = 0x19;
const CODE_SIGNATURE = 0x1d;
const EMBEDDED_SIGNATURE = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const VERSION_WITH_EXEC_SEGMENT = 0x20400;
const FIXED_LENGTH = 88;
const ADHOC_LINKER_SIGNED = 0x20002;
const MAIN_BINARY = 1;
const PAGE = 4096;
const HASH_LENGTH = 32;
const IDENTIFIER = "m2mcp\0";

/** Where the commands that a signature changes lie, and what they say. */
interface MachO {
  signature: { at: number; start: number; length: number };
  linkEdit: { at: number; fileOffset: number };
  text: { fileOffset: number; fileSize: number };
}

/**
 * @param bytes of a 64-bit executable that holds a signature, right or wrong
 * @returns the same with a signature of what it is now
 * @throws Error when it is no such executable
 */
export function signMachO(bytes: Buffer): Buffer {
  const { signature, linkEdit, text } = parseMachO(bytes);
  const { start } = signature;
  const pages = Math.ceil(start / PAGE);
  const length = FIXED_LENGTH + IDENTIFIER.length + pages * HASH_LENGTH;
  const total = 20 + length;
  const code = Buffer.from(bytes.subarray(0, start));
  // The first page holds these, so they are right before it is hashed.
  code.writeUInt32LE(total, signature.at + 12);
  const inSegment = start + total - linkEdit.fileOffset;
  code.writeBigUInt64LE(BigInt(Math.ceil(inSegment / 0x4000) * 0x4000), linkEdit.at + 32);
  code.writeBigUInt64LE(BigInt(inSegment), linkEdit.at + 48);

  const blob = Buffer.alloc(total);
  [EMBEDDED_SIGNATURE, total, 1, 0, 20].forEach((value, index) => {
    blob.writeUInt32BE(value, index * 4);
  });
  const directory = blob.subarray(20);
  const hashes = FIXED_LENGTH + IDENTIFIER.length;
  [
    CODE_DIRECTORY,
    length,
    VERSION_WITH_EXEC_SEGMENT,
    ADHOC_LINKER_SIGNED,
    hashes,
    FIXED_LENGTH,
    0,
    pages,
    start,
  ].forEach((value, index) => {
    directory.writeUInt32BE(value, index * 4);
  });
  // Length and kind of a hash (SHA-256), platform, and the page's size as a power of two.
  directory.set([HASH_LENGTH, 2, 0, Math.log2(PAGE)], 36);
  directory.writeBigUInt64BE(BigInt(text.fileOffset), 64);
  directory.writeBigUInt64BE(BigInt(text.fileSize), 72);
  directory.writeBigUInt64BE(BigInt(MAIN_BINARY), 80);
  directory.write(IDENTIFIER, FIXED_LENGTH, "latin1");
  for (let page = 0; page < pages; page++) directory.set(hashOfPage(code, page), hashes + page * HASH_LENGTH);
  return Buffer.concat([code, blob]);
}

/**
 * @returns how many pages the code directory covers, and how many of its hashes are wrong
 * @throws Error when there is no code directory of this kind, or it is not of all the code
 */
export function checkMachO(bytes: Buffer): { pages: number; wrong: number } {
  const { start, length } = parseMachO(bytes).signature;
  const blob = bytes.subarray(start, start + length);
  if (blob.length !== length || blob.readUInt32BE(0) !== EMBEDDED_SIGNATURE)
    throw new Error("its signature is not at its end");
  const directory = blob.subarray(blob.readUInt32BE(16));
  if (directory.readUInt32BE(0) !== CODE_DIRECTORY) throw new Error("its signature has no code directory");
  const [hashes, pages, limit] = [16, 28, 32].map((offset) => directory.readUInt32BE(offset));
  if (hashes === undefined || pages === undefined || limit !== start)
    throw new Error(`its signature is of the first ${limit} bytes of ${start}`);
  if (2 ** (directory[39] ?? 0) !== PAGE) throw new Error("its signature has pages of another size");
  let wrong = 0;
  for (let page = 0; page < pages; page++) {
    const told = directory.subarray(hashes + page * HASH_LENGTH, hashes + (page + 1) * HASH_LENGTH);
    if (!hashOfPage(bytes.subarray(0, start), page).equals(told)) wrong++;
  }
  return { pages, wrong };
}

const hashOfPage = (code: Buffer, page: number) =>
  createHash("sha256")
    .update(code.subarray(page * PAGE, (page + 1) * PAGE))
    .digest();

function parseMachO(bytes: Buffer): MachO {
  if (bytes.readUInt32LE(0) !== MAGIC_64) throw new Error("it is no Mach-O executable of 64 bits");
  const found: Partial<MachO> = {};
  for (let at = 32, index = 0; index < bytes.readUInt32LE(16); index++) {
    const [command, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    if (command === CODE_SIGNATURE)
      found.signature = { at, start: bytes.readUInt32LE(at + 8), length: bytes.readUInt32LE(at + 12) };
    if (command === SEGMENT_64) {
      const name = bytes.toString("latin1", at + 8, at + 24).replace(/\0+$/, "");
      const fileOffset = Number(bytes.readBigUInt64LE(at + 40));
      if (name === "__LINKEDIT") found.linkEdit = { at, fileOffset };
      if (name === "__TEXT") found.text = { fileOffset, fileSize: Number(bytes.readBigUInt64LE(at + 48)) };
    }
    at += length;
  }
  const { signature, linkEdit, text } = found;
  if (!signature || !linkEdit || !text) throw new Error("it has no place for a signature");
  return { signature, linkEdit, text };
}
