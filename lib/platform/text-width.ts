type Measure = (text: string) => number;

/** Bun measures text itself: the library, whose tables it has to read, takes a quarter of a bare start to load. */
const native = (globalThis as { Bun?: { stringWidth: Measure } }).Bun?.stringWidth;

/** Columns that a text takes at a terminal: East Asian letters and emoji take two. */
export const textWidth: Measure = native ?? (await import("string-width")).default;
