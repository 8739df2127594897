import type { JsonObject } from "../../json.ts";

/** A question of the server's to a person (MCP "Elicitation"). */
export type Question =
  | { mode: "form"; message: string; schema: JsonObject }
  /** To be visited by the person; nothing here fetches or opens it. */
  | { mode: "url"; message: string; url: string };

/** What came of it. */
export type QuestionAnswer =
  | { action: "accept"; content?: JsonObject }
  /** Said no. */
  | { action: "decline" }
  /** Left without a choice. */
  | { action: "cancel" };

/** How far a request has come (MCP "Progress"). */
export interface Progress {
  progress: number;
  total?: number;
  message?: string;
}

/** A log message of the server's (MCP "Logging"). */
export interface ServerLog {
  level: string;
  logger?: string;
  data: unknown;
}

/**
 * The session with who started a one-off command: a person at a terminal, a script, nobody. What it can do for a server is
 * declared to the server, exactly that.
 */
export interface Caller {
  /** The questions that can be put to it. */
  readonly answers: { readonly form: boolean; readonly url: boolean };
  /** Severity from which log messages are wanted. */
  readonly logLevel: string;
  /** Aborted once the caller gives up, with the M2mcpError that the command ends with: the server is told, too. */
  readonly gone: AbortSignal;
  /** Something has come of the server ahead of an answer: it is reached. */
  heard?(): void;
  /** @param signal aborted when the answer is of no use any more */
  ask(host: string, question: Question, signal: AbortSignal): Promise<QuestionAnswer>;
  onProgress(progress: Progress): void;
  /** What a task is at. */
  onStatus(status: { status: string; message?: string }): void;
  onLog(log: ServerLog): void;
  /** A request to this host that may take its time has begun. @returns what to call at its end */
  waits(host: string): () => void;
}

/** The capabilities that say what the caller can be asked (MCP "Elicitation", Capabilities). */
export function capabilitiesOf({ answers: { form, url } }: Caller): JsonObject {
  if (!form && !url) return {};
  return { elicitation: { ...(form ? { form: {} } : {}), ...(url ? { url: {} } : {}) } };
}
