// What metrics call methods, tools and prompts: foreign names must not make ever more time series.
import { objectsIn } from "../../json.ts";

const METHODS: ReadonlySet<string> = new Set([
  "completion/complete",
  "elicitation/create",
  "initialize",
  "logging/setLevel",
  "ping",
  "prompts/get",
  "prompts/list",
  "resources/list",
  "resources/read",
  "resources/subscribe",
  "resources/templates/list",
  "resources/unsubscribe",
  "roots/list",
  "sampling/createMessage",
  "server/discover",
  "subscriptions/listen",
  "tasks/cancel",
  "tasks/get",
  "tasks/list",
  "tasks/result",
  "tasks/update",
  "tools/call",
  "tools/list",
]);
/** The word of the conventions for what has no name of its own. */
export const OTHER = "_OTHER";
/** Names that the server has shown to be its own, and others, each for tools and for prompts. */
const MOST = { known: 300, guessed: 30 };

/** The longest name that the specification has for tools (MCP "Tool Names"), and nothing that steers a terminal. */
const isLabel = (name: string): boolean => name.length <= 128 && !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(name);

/** Methods of HTTP that are labels of their own ("Semantic conventions for HTTP"). */
const HTTP_METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"];

/** A method of HTTP as a label. */
export const httpMethodLabel = (method: string | undefined): string =>
  HTTP_METHODS.find((one) => one === method) ?? OTHER;

/** The same of a method of MCP. */
export const methodLabel = (method: string): string => (METHODS.has(method) ? method : OTHER);

/** The names of tools, or of prompts, as far as they become labels. */
export interface LabelNames {
  of(name: string): string;
  /** The server has it. */
  learn(name: string): void;
  /** The same of all in a list. */
  learnFrom(list: unknown): void;
}

/** No name is a label yet. */
export function createLabelNames(): LabelNames {
  const known = new Set<string>();
  const guessed = new Set<string>();
  const learn = (name: string) => {
    if (known.size < MOST.known && isLabel(name)) known.add(name);
  };
  return {
    learn,
    learnFrom(list) {
      for (const { name } of objectsIn(list)) if (typeof name === "string") learn(name);
    },
    of(name) {
      if (known.has(name) || guessed.has(name)) return name;
      if (guessed.size >= MOST.guessed || !isLabel(name)) return OTHER;
      guessed.add(name);
      return name;
    },
  };
}
