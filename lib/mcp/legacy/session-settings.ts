import type { RequestMessage } from "../jsonrpc/message.ts";

/** What a client set in its session, so that a new one can be told again: log level and resources subscribed to. */
export interface SessionSettings {
  /** Notes a request if it is a setting, or the end of one. */
  note(request: RequestMessage): void;
  all(): RequestMessage[];
}

/** Nothing is set yet. */
export function createSessionSettings(): SessionSettings {
  const settings = new Map<string, RequestMessage>();
  return {
    note(request) {
      // Its params are read where they matter: those of a long message are not read yet.
      const { method } = request;
      if (method === "logging/setLevel") settings.set("level", request);
      else if (method === "resources/subscribe") settings.set(`uri ${request.params.uri}`, request);
      else if (method === "resources/unsubscribe") settings.delete(`uri ${request.params.uri}`);
    },
    all: () => [...settings.values()],
  };
}
