const STD_INPUT = -10;
/** FILE_INFO_BY_HANDLE_CLASS: the name of a file, or of a pipe. */
const FILE_NAME_INFO = 2;
const BUFFER_BYTES = 1024;

/**
 * Whether stdin is a pipe that a program of Node's kind has made for a child, which it may keep open for ever; those of
 * shells have another name. False where that is not to be seen.
 */
export async function isSpawnedPipe(): Promise<boolean> {
  const name = await stdinName().catch(() => "");
  return isOfNode(name);
}

/** Pipes of libuv, which Node, Bun and Electron are built on, are called `uv` and a number. */
export const isOfNode = (name: string): boolean => /^\\uv\\/i.test(name);

async function stdinName(): Promise<string> {
  const { dlopen, ptr } = await import("bun:ffi");
  const { symbols, close } = dlopen("kernel32.dll", {
    GetStdHandle: { args: ["i32"], returns: "ptr" },
    GetFileInformationByHandleEx: { args: ["ptr", "i32", "ptr", "u32"], returns: "i32" },
  });
  try {
    const into = Buffer.alloc(BUFFER_BYTES);
    const handle = symbols.GetStdHandle(STD_INPUT);
    const isThere = symbols.GetFileInformationByHandleEx(handle, FILE_NAME_INFO, ptr(into), into.length);
    // Its length in bytes, then as many of UTF-16.
    return isThere ? into.subarray(4, 4 + into.readUInt32LE(0)).toString("utf16le") : "";
  } finally {
    close();
  }
}
