// What is known of a server's tools by the lists that went by, and by those that were asked for on their account.
import { isObject, type JsonObject } from "../../json.ts";
import { createIds } from "../jsonrpc/id.ts";
import { type RequestMessage, request as requestMessage } from "../jsonrpc/message.ts";
import { errorIn } from "../protocol/answer.ts";
import { identityIn, metaOf } from "../protocol/meta.ts";
import { nextPage } from "../protocol/pages.ts";
import type { OnMessage, Transport } from "../protocol/transport.ts";
import { toolsNotSeen } from "./errors.ts";

export interface SeenTools {
  /** Takes a page of a list that the client asked for: the first begins anew, the last of all in turn makes it whole. */
  take(tools: readonly unknown[], page: Page): void;
  /** All that the server lists under a name; none where that is not known. */
  named(name: string): readonly JsonObject[];
  /** The lists that went by count no more (MCP "List Changed Notification"). */
  forget(): void;
  /**
   * Lists all tools on our own account, once for all who want to know.
   *
   * @param cause the client's request that this is for: whose era it is shows in it
   * @throws M2mcpError when the server gives no list
   */
  listAll(cause: RequestMessage): Promise<readonly JsonObject[]>;
  /** All tools: those of the list that went by last, where that is whole. @throws as `listAll` */
  all(cause: RequestMessage): Promise<readonly JsonObject[]>;
}

/** A page, by the cursors that lead there and on; absent: it is the first, or the last. */
export interface Page {
  cursor?: unknown;
  nextCursor?: unknown;
}

/** Nothing went by yet. */
const NOTHING = Symbol();

/** @param inner what carries the requests; asked for at the first of them */
export function createSeenTools(inner: () => Transport, onMessage: OnMessage): SeenTools {
  let byName = new Map<string, JsonObject[]>();
  /** The page that is still to come of a list; undefined once it is whole. A client may begin with any. */
  let awaited: unknown = NOTHING;
  let listing: Promise<readonly JsonObject[]> | undefined;
  const ids = createIds();

  function take(tools: readonly unknown[], { cursor, nextCursor }: Page): void {
    if (cursor === undefined) byName = new Map();
    if (cursor === undefined || cursor === awaited)
      awaited = typeof nextCursor === "string" ? nextCursor : undefined;
    for (const tool of tools) {
      if (!isObject(tool) || typeof tool.name !== "string") continue;
      byName.set(tool.name, [...(byName.get(tool.name) ?? []), tool]);
    }
  }
  async function list(cause: RequestMessage): Promise<readonly JsonObject[]> {
    const tools: JsonObject[] = [];
    const pages = nextPage();
    let cursor: string | undefined;
    do {
      const params = { ...metaFor(cause), ...(cursor === undefined ? {} : { cursor }) };
      const message = requestMessage(ids.next(), "tools/list", params);
      const answer = await inner().request({ message, signal: new AbortController().signal, onMessage });
      const result = answer.kind === "response" ? answer.message.result : undefined;
      if (!result) throw toolsNotSeen(errorIn(answer)?.message ?? "it refused");
      tools.push(...(Array.isArray(result.tools) ? result.tools : []).filter(isObject));
      cursor = pages(result);
    } while (cursor !== undefined);
    take(tools, {});
    return tools;
  }
  function listAll(cause: RequestMessage): Promise<readonly JsonObject[]> {
    listing ??= list(cause).finally(() => {
      listing = undefined;
    });
    return listing;
  }
  return {
    take,
    named: (name) => byName.get(name) ?? [],
    forget() {
      byName = new Map();
      awaited = NOTHING;
    },
    listAll,
    all: async (cause) => (awaited === undefined ? [...byName.values()].flat() : listAll(cause)),
  };
}

/** The `_meta` of a request of ours for a client of either era. */
function metaFor(cause: RequestMessage): JsonObject {
  const identity = identityIn(metaOf(cause));
  return Object.keys(identity).length === 0 ? {} : { _meta: identity };
}
