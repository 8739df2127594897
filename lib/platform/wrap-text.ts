type Wrap = (text: string, columns: number, options: { hard: boolean }) => string;

/** As with `textWidth`: Bun wraps text itself. */
const native = (globalThis as { Bun?: { wrapAnsi?: Wrap } }).Bun?.wrapAnsi;

/** Breaks lines that are too long at their blanks, `hard` also within words; marks go on across a break. */
export const wrapText: Wrap = native ?? (await import("wrap-ansi")).default;
