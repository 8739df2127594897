import { type JsonObject, objectsIn } from "../json.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import { MAX_PAGES, nextPage } from "../mcp/protocol/pages.ts";
import { invalidAnswer } from "../net/errors.ts";
import { hostOf } from "../net/network-error.ts";

export interface ListOptions {
  /** See `RequestOptions`. */
  spelled?: boolean;
  /** Told of each page, with its hints. */
  onPage?: (result: JsonObject) => void;
}

type Send = (method: string, params: JsonObject, options: { spelled?: boolean }) => Promise<JsonObject>;

/** Asks for a list page by page. @param send one request */
export const pagesJoined =
  (endpoint: Endpoint, send: Send) =>
  (method: string, key: string, { spelled, onPage }: ListOptions = {}): Promise<JsonObject> =>
    listAll(endpoint, key, async (cursor) => {
      const page = await send(method, cursor === undefined ? {} : { cursor }, spelled ? { spelled } : {});
      onPage?.(page);
      return page;
    });

/** What a listing has below its key, and is an object. */
export const itemsOf = (listing: JsonObject, key: string): JsonObject[] => objectsIn(listing[key]);

/** All pages of a list as one. @throws M2mcpError when it has no end, and what `page` throws */
async function listAll(
  { url, log }: Endpoint,
  key: string,
  page: (cursor: string | undefined) => Promise<JsonObject>,
): Promise<JsonObject> {
  const items: unknown[] = [];
  const joined: JsonObject = {};
  const next = nextPage(
    () => log("warning: the server names a page of the list again: it is taken to end here"),
    () => {
      throw invalidAnswer(hostOf(url), `the list goes on beyond ${MAX_PAGES} pages`);
    },
  );
  let cursor: string | undefined;
  do {
    const result = await page(cursor);
    const { nextCursor, ...said } = result;
    for (const [name, value] of Object.entries(said)) if (!Object.hasOwn(joined, name)) joined[name] = value;
    // One by one: a call takes no more than 65,535 arguments.
    for (const item of Array.isArray(result[key]) ? result[key] : []) items.push(item);
    cursor = next(result);
    if (typeof (nextCursor ?? "") !== "string")
      log("warning: the server names the next page by no text: the list is taken to end here");
  } while (cursor !== undefined);
  joined[key] = items;
  return joined;
}
