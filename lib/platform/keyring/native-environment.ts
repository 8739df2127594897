/** Names of libc: that of glibc, of musl by its loader's name, of musl as a library to link with. */
const LIBRARIES = [
  "libc.so.6",
  `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`,
  "libc.so",
];

/**
 * Sets a variable for native code in this process. What Bun's `process.env` is given stays there; libc has another
 * copy, and add-ons read that one. For one call, early: a change beside other threads' reading is safe only at first.
 *
 * @throws Error where libc is not to be found
 */
export async function setNativeVariable(name: string, value: string): Promise<void> {
  if (!("Bun" in globalThis)) {
    // Deno and Node hand it on by themselves.
    process.env[name] = value;
    return;
  }
  const { dlopen } = await import("bun:ffi");
  const setenv = { args: ["cstring", "cstring", "i32"], returns: "i32" } as const;
  const text = (value: string) => Buffer.from(`${value}\0`);
  for (const library of LIBRARIES) {
    try {
      dlopen(library, { setenv }).symbols.setenv(text(name), text(value), 1);
      return;
    } catch {
      // Another libc.
    }
  }
  throw new Error("libc cannot be found");
}
