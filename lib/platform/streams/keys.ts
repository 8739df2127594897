/** What arrow and function keys send, and a terminal around what is pasted. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how they begin
const ESCAPE_SEQUENCE = /\u001b(?:\[[\d;?]*[@-~]|O.)/g;
/** The beginning of one, whose rest comes with the next read, as over a slow line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how they begin
const BEGUN = /\u001b(?:\[[\d;?]*|O)?$/;
/** How soon the rest comes; what comes later was typed after the Escape key, in ms. */
const REST_MS = 100;

/** Reads keys from what a terminal sends. @returns the keys of one read, without those that write nothing */
export function keyReader(nowMs: () => number = performance.now.bind(performance)) {
  const decoder = new TextDecoder();
  let begun = "";
  let sinceMs = 0;
  return (chunk: Uint8Array | string): string[] => {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const all = (nowMs() - sinceMs < REST_MS ? begun : "") + text;
    begun = BEGUN.exec(all)?.[0] ?? "";
    sinceMs = nowMs();
    return [...all.slice(0, all.length - begun.length).replace(ESCAPE_SEQUENCE, "")];
  };
}
