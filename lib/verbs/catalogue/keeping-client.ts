import { M2mcpError } from "../../failure.ts";
import { itemsOf } from "../../hosts/listing.ts";
import type { McpClient } from "../../hosts/one-off.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { INVALID_PARAMS, METHOD_NOT_FOUND } from "../../mcp/jsonrpc/message.ts";
import { isToolError } from "../../mcp/protocol/answer.ts";
import type { Catalogue } from "./catalogue.ts";
import { CHANGED, LIST_METHODS, type ListKind } from "./kept-list.ts";

/** Which list says what a request may name. */
const LIST_OF: Record<string, ListKind> = { "tools/call": "tools", "prompts/get": "prompts" };
const WRONG_ARGUMENTS = /-3260[12]\b/;

/**
 * A client that keeps what lists it sees, and ends what is kept of one that has changed: by the server's notification,
 * or by an answer that contradicts it (MCP 2026-07-28 "Caching").
 *
 * @returns with `settled`, which resolves once all is kept
 */
export function keepingClient(client: McpClient, catalogue: Catalogue) {
  /** Lists that came in this run: an answer does not contradict what has just been said. */
  const listed = new Set<string>();
  let keeping: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>) => {
    keeping = keeping.then(work);
  };
  const contradicted = (kind: ListKind | undefined) => {
    if (kind && !listed.has(kind)) inTurn(() => catalogue.expire(kind));
  };

  const keeper: McpClient = {
    ...client,
    async listing(method, key, options = {}) {
      const ttls: unknown[] = [];
      const kind = (Object.keys(LIST_METHODS) as ListKind[]).find((one) => LIST_METHODS[one] === method);
      // What is kept is read while the server is asked.
      if (kind) void catalogue.read();
      const result = await client.listing(method, key, {
        ...options,
        onPage(page) {
          ttls.push(page.ttlMs);
          options.onPage?.(page);
        },
      });
      if (kind) {
        listed.add(kind);
        inTurn(() => catalogue.keep(kind, itemsOf(result, key), ttls));
      }
      return result;
    },
    list: async (method, key) => itemsOf(await keeper.listing(method, key), key),
    async request(method, params, options = {}) {
      const kind = LIST_OF[method];
      try {
        const result = await client.request(method, params, {
          ...options,
          onNotification(message) {
            const changed = CHANGED[message.method];
            if (changed) inTurn(() => catalogue.expire(changed));
            options.onNotification?.(message);
          },
        });
        if (isErrorInWords(result, WRONG_ARGUMENTS)) contradicted(kind);
        return result;
      } catch (error) {
        const code = error instanceof M2mcpError ? error.answered?.code : undefined;
        if (code === INVALID_PARAMS || code === METHOD_NOT_FOUND) contradicted(kind);
        throw error;
      }
    },
  };
  return { client: keeper, settled: () => keeping };
}

/** Whether a result is one of the errors that some servers give as a result, with the code in its words. */
export function isErrorInWords(result: JsonObject, code: RegExp): boolean {
  const [first] = Array.isArray(result.content) ? result.content : [];
  return isToolError(result) && isObject(first) && typeof first.text === "string" && code.test(first.text);
}
