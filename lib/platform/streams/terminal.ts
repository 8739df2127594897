interface TerminalBinding {
  isTTY?(fd: number): boolean;
}

/** Whether a standard stream is a terminal. */
export function isTerminal(fd: 0 | 1 | 2): boolean {
  return native()?.(fd) ?? process.getBuiltinModule("node:tty").isatty(fd);
}

/** What Bun's own node:tty asks: loading that takes as long as a whole bare start. */
function native(): TerminalBinding["isTTY"] {
  if (!("Bun" in globalThis)) return undefined;
  try {
    const { binding } = process as unknown as { binding?(name: string): TerminalBinding };
    return binding?.("tty_wrap").isTTY;
  } catch {
    return undefined;
  }
}
