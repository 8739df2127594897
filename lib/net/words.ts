import { isObject, type JsonObject } from "../json.ts";
import { oneLine } from "./one-line.ts";

/** What a server says of a failure, in its own words. */
export interface Words {
  /** Its name for the failure, such as `invalid_client`, `E0000015` or `-32003`; one line. */
  code?: string;
  /** A sentence for people; one line, cut, without control characters. It may hold what was sent: see `auth/redact.ts`. */
  text?: string;
}

/** Longest body looked at, in characters; a sentence stands at the start. */
const LONGEST_BODY = 64 * 1024;
/** Longest code shown, in characters. */
const LONGEST_CODE = 80;
/** How deep an explanation may lie within a JSON answer. */
const DEEPEST = 4;

/** Members that hold a sentence, the most telling first; compared without case, `_` and `-`. */
const TEXTS = [
  "errordescription", // RFC 6749 §5.2
  "errormessage",
  "errorsummary", // Okta
  "detail", // RFC 9457
  "message",
  "msg",
  "errordetail",
  "errormsg",
  "description",
  "reason",
  "faultstring", // Apigee, SOAP
  "title",
  "error",
];
const CODES = ["errorcode", "code", "error", "errortype", "type"];
/** Members that hold the explanation as an object or a list. */
const CONTAINERS = ["error", "errors", "fault", "detail", "details", "message", "body", "response", "status"];

/**
 * The server's own words in a failed answer, whatever form they have: text, JSON in its usual shapes (RFC 6749, RFC
 * 9457, JSON-RPC 2.0, those of gateways), SSE with JSON in it, a form, XML, the title of a page. Pure; never throws.
 *
 * @param body as much of it as was read
 * @param contentType as the server named it; judged by the body where it says nothing
 */
export function readWords(body: string, contentType?: string | null): Words {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  const text = body.slice(0, LONGEST_BODY).trim();
  if (text === "" || /^(image|audio|video|font)\//.test(type) || text.slice(0, 1000).includes("\0"))
    return {};
  const json = parse(body.length > LONGEST_BODY ? "" : text);
  if (json !== undefined) return fromJson(json, 0);
  if (type === "text/event-stream" || /^(data|event|id|retry|):/.test(text)) {
    const words = fromEvents(text);
    if (words) return words;
  }
  if (text.startsWith("<")) return fromMarkup(text);
  const form = /^[\w.-]+=/.test(text) && type !== "text/plain" ? fromForm(text) : undefined;
  if (form) return form;
  // JSON that was cut off, or is none, tells a person nothing.
  return /^[{[]/.test(text) ? {} : { text: oneLine(text) };
}

/** Words as one phrase, such as `invalid_client: client is disabled`; undefined when there are none. */
export function phraseOf({ code, text }: Words): string | undefined {
  if (code === undefined || text === undefined || text.startsWith(code)) return text ?? code;
  return `${code}: ${text}`;
}

/** Whether words say no more than the status does (RFC 9110 §15 and what gateways write). */
export const merelyStatus = (phrase: string): boolean =>
  /^(http\/?\S* )?(error )?(\d{3}[ :,–-]*)?(bad request|unauthorized|forbidden|not found|(http )?method not allowed|not acceptable|request timeout|conflict|gone|too many requests|internal (server )?error|not implemented|bad gateway|service (temporarily )?unavailable|gateway time-?out|error|\d{3})?[.!]?$/i.test(
    phrase.slice(0, 100),
  );

function fromJson(value: unknown, depth: number): Words {
  if (typeof value === "string") return value.trim() === "" ? {} : { text: oneLine(value) };
  if (Array.isArray(value)) return fromList(value, depth);
  if (!isObject(value)) return {};
  const members = membersOf(value);
  const code = codeIn(members);
  const text = textIn(members, code);
  if (text !== undefined) return { ...(code === undefined ? {} : { code }), text };
  for (const name of depth < DEEPEST ? CONTAINERS : []) {
    const held = members.get(name);
    if (typeof held !== "object") continue;
    const words = fromJson(held, depth + 1);
    if (words.text !== undefined || words.code !== undefined)
      return { ...(code === undefined ? {} : { code }), ...words };
  }
  return code === undefined ? {} : { code };
}

/** Of several failures the first few, since each may name another member. */
function fromList(list: unknown[], depth: number): Words {
  const all = list.slice(0, 3).map((one) => (depth < DEEPEST ? fromJson(one, depth + 1) : {}));
  const texts = all.flatMap(({ text }) => text ?? []);
  const code = all.find((words) => words.code !== undefined)?.code;
  return {
    ...(code === undefined ? {} : { code }),
    ...(texts.length === 0 ? {} : { text: oneLine(texts.join("; ")) }),
  };
}

/** Members by their names in one spelling; of two that differ in spelling alone the first. */
function membersOf(value: JsonObject): Map<string, unknown> {
  const members = new Map<string, unknown>();
  for (const name of Object.keys(value).slice(0, 50)) {
    const plain = name.slice(0, 40).toLowerCase().replaceAll("_", "").replaceAll("-", "");
    if (!members.has(plain)) members.set(plain, value[name]);
  }
  return members;
}

function textIn(members: Map<string, unknown>, code: string | undefined): string | undefined {
  for (const name of TEXTS) {
    const value = members.get(name);
    const told = Array.isArray(value) ? value.filter((one) => typeof one === "string").join("; ") : value;
    if (typeof told === "string" && told.trim() !== "" && told !== code) return oneLine(told);
  }
  return undefined;
}

function codeIn(members: Map<string, unknown>): string | undefined {
  for (const name of CODES) {
    const value = members.get(name);
    if (typeof value === "number") return String(value);
    // A sentence is no code; nor is a place that explains it.
    if (typeof value === "string" && /^[\w.-]+$/.test(value.slice(0, LONGEST_CODE + 1)))
      return oneLine(value, LONGEST_CODE);
  }
  return undefined;
}

/** The words in the first event that has some. */
function fromEvents(text: string): Words | undefined {
  for (const event of text.split(/\r?\n\r?\n|\r\r/, 20)) {
    const lines = event.split(/\r\n|\r|\n/).filter((line) => line.startsWith("data:"));
    const data = lines.map((line) => line.slice("data:".length).trim()).join("\n");
    const json = parse(data);
    const words = json === undefined ? {} : fromJson(json, 0);
    if (words.text !== undefined || words.code !== undefined) return words;
    if (json === undefined && data !== "") return { text: oneLine(data) };
  }
  return undefined;
}

function fromForm(text: string): Words | undefined {
  const words = fromJson(Object.fromEntries(new URLSearchParams(text)), 0);
  return words.text === undefined && words.code === undefined ? undefined : words;
}

/** The words of an XML error, else the title or the heading of a page. */
function fromMarkup(markup: string): Words {
  const lower = markup.toLowerCase();
  const page = lower.startsWith("<!doctype html") || lower.includes("<html");
  const code = page ? undefined : inElement(markup, lower, "code");
  const names = page
    ? ["title", "h1"]
    : ["message", "faultstring", "error_description", "detail", "title", "h1"];
  for (const name of names) {
    const text = inElement(markup, lower, name);
    if (text !== undefined) return { ...(code === undefined ? {} : { code }), text };
  }
  return code === undefined ? {} : { code };
}

/** The text of the first element of this name, found without backtracking. */
function inElement(markup: string, lower: string, name: string): string | undefined {
  const start = lower.indexOf(`<${name}`);
  const open = start === -1 ? -1 : lower.indexOf(">", start);
  const end = open === -1 ? -1 : lower.indexOf("</", open);
  if (end === -1 || !/^[\s>/]/.test(lower.slice(start + name.length + 1, start + name.length + 2)))
    return undefined;
  const text = oneLine(withoutEntities(markup.slice(open + 1, end).slice(0, 4096)));
  return text === "" ? undefined : text;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

const withoutEntities = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,6}));/gi, (whole, decimal, hex, name) => {
    const point = decimal ? Number(decimal) : hex ? Number.parseInt(hex, 16) : undefined;
    if (point !== undefined) return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    return ENTITIES[String(name).toLowerCase()] ?? whole;
  });

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
