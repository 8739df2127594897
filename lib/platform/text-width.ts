type Measure = (text: string) => number;
type Wrap = (text: string, columns: number, options: { hard: boolean }) => string;

/** Bun measures and wraps text itself: the libraries, whose tables it has to read, take a quarter of a bare start to load. */
const native = (globalThis as { Bun?: { stringWidth: Measure; wrapAnsi: Wrap } }).Bun;

/** Columns that a text takes at a terminal: East Asian letters and emoji take two. */
export const textWidth: Measure = native?.stringWidth ?? (await import("string-width")).default;

/** Breaks lines that are too long at their blanks, `hard` also within words; marks go on across a break. */
export const wrapText: Wrap = native?.wrapAnsi ?? (await import("wrap-ansi")).default;
