// What the servers of both eras have in common for the matrix: one of each thing that MCP has, and what was seen.

/** What a server saw, for a test to look at. */
export interface Seen {
  /** Requests for HTTP, in order: the method, and the JSON-RPC method where there is one. */
  requests: string[];
  /** Calls that were cancelled while they ran. */
  cancelled: number;
  /** Notifications that the protocol does not know. */
  notifications: { method: string; params: unknown }[];
  /** `_meta` of the latest call. */
  meta: Record<string, unknown>;
  /** What the latest answers to questions were. */
  answers: unknown[];
  /** Resources subscribed to right now. */
  subscribed: Set<string>;
  /** States that came back, exactly as they came. */
  states: unknown[];
}

export const createSeen = (): Seen => ({
  requests: [],
  cancelled: 0,
  notifications: [],
  meta: {},
  answers: [],
  subscribed: new Set(),
  states: [],
});

export interface FullServer {
  url: string;
  seen: Seen;
  stop(): Promise<void>;
}

export const INFO = { name: "full-server", version: "3.2.1", title: "Full" };
export const INSTRUCTIONS = "Everything is here.\nUse it.";

export const CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
  experimental: { "example.com/feature": { on: true } },
};

const none = { type: "object" as const, properties: {} };
const tool = (name: string, more: object = {}) => ({
  name,
  description: `Does ${name}`,
  inputSchema: none,
  ...more,
});

export const TOOLS = [
  tool("echo", {
    inputSchema: { type: "object", properties: { text: { type: "string" } } },
    "example.com/extra": [1],
  }),
  tool("sum", {
    inputSchema: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } },
    outputSchema: { type: "object", properties: { sum: { type: "number" } }, required: ["sum"] },
  }),
  tool("fail"),
  tool("explode"),
  tool("slow"),
  tool("log"),
  tool("extra"),
  tool("ask"),
  tool("ask-url"),
  tool("need-url"),
  tool("sample"),
  tool("roots"),
  tool("ask-both"),
  tool("ask-thrice"),
  tool("ask-slowly"),
  tool("touch"),
  tool("change"),
  tool("pong"),
  tool("ping-back"),
];
/** Tools in one page of the list. */
const PAGE = 4;

export const RESOURCES = [
  { uri: "memo://one", name: "one", mimeType: "text/plain" },
  { uri: "memo://two", name: "two", mimeType: "text/plain" },
];
export const TEMPLATES = [{ uriTemplate: "memo://{name}", name: "memo" }];
export const PROMPTS = [
  { name: "greet", description: "Greets", arguments: [{ name: "name", required: true }] },
  { name: "ask", description: "Asks" },
];

export const FORM = {
  message: "Your name?",
  requestedSchema: {
    type: "object" as const,
    properties: { name: { type: "string" as const, title: "Name" } },
    required: ["name"],
  },
};
export const VISIT = { message: "Sign in", url: "https://example.com/sign-in?state=1" };
export const SAMPLING = {
  messages: [{ role: "user" as const, content: { type: "text" as const, text: "capital of France?" } }],
  maxTokens: 10,
};

export const LEVELS = ["debug", "info", "warning", "error"] as const;

export const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });
/** One page of a list, by a cursor that means something to the server alone. */
export function page<T>(
  items: readonly T[],
  cursor: string | undefined,
): { items: T[]; nextCursor?: string } {
  const at = cursor === undefined ? 0 : Number(Buffer.from(cursor, "base64").toString());
  const next = at + PAGE;
  return {
    items: items.slice(at, next),
    ...(next < items.length ? { nextCursor: Buffer.from(String(next)).toString("base64") } : {}),
  };
}

/** Completions of a value. */
export const completions = (value: string) => ["Ada", "Alan", "Bo"].filter((name) => name.startsWith(value));
