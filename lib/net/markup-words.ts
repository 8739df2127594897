import { oneLine } from "./one-line.ts";

/** Whether words say no more than the status does (RFC 9110 §15 and what gateways write). */
export const merelyStatus = (phrase: string): boolean =>
  /^(http\/?\S* )?(error |status )?(\d{3}[ :,–-]*)?(bad request|unauthorized|forbidden|not found|(http )?method not allowed|not acceptable|request timeout|conflict|gone|too many requests|internal (server )?error|not implemented|bad gateway|service (temporarily )?unavailable|gateway time-?out|error|\d{3})?[.!]?$/i.test(
    phrase.slice(0, 100),
  );

/** Elements of a page that may hold its words, the most telling first. */
const PAGE = ["title", "h1", "h2", "pre", "p"];
/** Elements of XML that hold a sentence. */
const XML = ["message", "faultstring", "error_description", "detail", "text"];

/** The words of an XML error, else of a page: its title, or what is below one that names the status alone. */
export function wordsOfMarkup(markup: string): { code?: string; text?: string } {
  const lower = markup.toLowerCase();
  const page = lower.startsWith("<!doctype html") || lower.includes("<html");
  const code = page ? undefined : inElements(markup, lower, "code");
  const texts = (page ? PAGE : [...XML, ...PAGE]).flatMap((name) => inElements(markup, lower, name) ?? []);
  const text = texts.find((one) => !merelyStatus(one)) ?? texts[0];
  return { ...(code === undefined ? {} : { code }), ...(text === undefined ? {} : { text }) };
}

/** The text of the first element of this name, of paragraphs the first few; found without backtracking. */
function inElements(markup: string, lower: string, name: string): string | undefined {
  const starts = new RegExp(`<(?:[\\w.-]{1,40}:)?${name}(?=[\\s>/])`, "g");
  const texts: string[] = [];
  for (let count = name === "p" ? 3 : 1; count > 0; count--) {
    const start = starts.exec(lower);
    const open = start === null ? -1 : lower.indexOf(">", start.index);
    if (start === null || open === -1) break;
    const close = lower.indexOf(`</${start[0].slice(1)}`, open);
    const inner = close === -1 ? "" : markup.slice(open + 1, close).slice(0, 4096);
    const text = oneLine(withoutEntities(inner.replace(/<[^<>]*>/g, " ")));
    if (text !== "") texts.push(text);
  }
  return texts.length === 0 ? undefined : oneLine(texts.join(" "));
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

const withoutEntities = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,6}));/gi, (whole, decimal, hex, name) => {
    const point = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
    if (point !== undefined) return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    return ENTITIES[String(name).toLowerCase()] ?? whole;
  });
