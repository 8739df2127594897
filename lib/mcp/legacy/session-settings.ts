import type { RequestMessage } from "../jsonrpc/message.ts";

/** What a new session must be told again: the log level and the resources subscribed to. */
export interface Wishes {
  /** Notes a request if it is a wish, or the end of one. */
  note(request: RequestMessage): void;
  all(): RequestMessage[];
}

export function createWishes(): Wishes {
  const wishes = new Map<string, RequestMessage>();
  return {
    note(request) {
      const { method, params } = request;
      if (method === "logging/setLevel") wishes.set("level", request);
      else if (method === "resources/subscribe") wishes.set(`uri ${params.uri}`, request);
      else if (method === "resources/unsubscribe") wishes.delete(`uri ${params.uri}`);
    },
    all: () => [...wishes.values()],
  };
}
