import { isObject, type JsonObject, jsonIn } from "../json.ts";
import { merelyStatus, wordsOfMarkup } from "./markup-words.ts";
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
  "messages",
  "errordetail",
  "errormsg",
  "usermessage",
  "developermessage",
  "statusmessage",
  "description",
  "reason",
  "faultstring", // Apigee, SOAP
  "title",
  "error",
  "exception",
  "cause",
  "info",
  "text",
];
const CODES = ["errorcode", "code", "error", "errortype", "type"];
/** Members that hold the explanation as an object or a list. */
const CONTAINERS = [
  "error",
  "errors",
  "errordescription",
  "fault",
  "detail",
  "details",
  "message",
  "messages",
  "body",
  "response",
  "result",
  "data",
  "meta",
  "status",
  "cause",
];

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
  const json = jsonIn(body.length > LONGEST_BODY ? "" : text);
  if (json !== undefined) return fromJson(json, 0);
  if (type === "text/event-stream" || /^(data|event|id|retry|):/.test(text)) {
    const words = fromEvents(text);
    if (words) return words;
  }
  if (text.startsWith("<")) return wordsOfMarkup(text);
  const form = /^[\w.-]+=/.test(text) && type !== "text/plain" ? fromForm(text) : undefined;
  if (form) return form;
  if (!/^[{[]/.test(text)) return { text: oneLine(text) };
  // JSON on each line; what was cut off, or is none, tells a person nothing.
  const first = jsonIn(text.split("\n", 1)[0] ?? "");
  return first === undefined ? {} : fromJson(first, 0);
}

/** Words as one phrase, such as `invalid_client: client is disabled`; undefined when there are none. */
export function phraseOf({ code, text }: Words): string | undefined {
  if (code === undefined || text === undefined || text.startsWith(code)) return text ?? code;
  return `${code}: ${text}`;
}

/** A failed answer's own words, as one phrase; undefined where they say no more than the status does. */
export function toldWords(body: string, headers: Headers): string | undefined {
  const phrase = phraseOf(readWords(body, headers.get("content-type")));
  return phrase === undefined || merelyStatus(phrase) ? undefined : phrase;
}

function fromJson(value: unknown, depth: number): Words {
  if (typeof value === "string") return value.trim() === "" ? {} : { text: oneLine(value) };
  if (Array.isArray(value)) return fromList(value, depth);
  if (!isObject(value)) return {};
  const members = membersOf(value);
  const code = codeIn(members);
  const text = textIn(members, code);
  if (text !== undefined) return { ...(code === undefined ? {} : { code }), text };
  for (const name of depth < DEEPEST ? CONTAINERS : []) {
    const held = heldIn(members.get(name));
    if (held === undefined) continue;
    const inside = fromJson(held, depth + 1);
    const words =
      name === "errors" && inside.text === undefined ? { ...inside, ...fromFields(held) } : inside;
    if (words.text !== undefined || words.code !== undefined)
      return { ...(code === undefined ? {} : { code }), ...words };
  }
  return code === undefined ? {} : { code };
}

/** An explanation as an object or a list; some put it there as text of JSON. */
function heldIn(value: unknown): object | undefined {
  if (typeof value === "object" && value !== null) return value;
  const json = typeof value === "string" && /^\s*[{[]/.test(value) ? jsonIn(value) : undefined;
  return typeof json === "object" && json !== null ? json : undefined;
}

/** Failures by the names of the fields that they are about, as validation tells them. */
function fromFields(fields: object): Words {
  const told = Object.entries(fields).flatMap(([name, value]) => {
    const texts = [value].flat().filter((one) => typeof one === "string" && one.trim() !== "");
    return texts.length === 0 ? [] : [`${name}: ${texts.slice(0, 3).join(", ")}`];
  });
  return told.length === 0 ? {} : { text: oneLine(told.slice(0, 3).join("; ")) };
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
    const json = jsonIn(data);
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
