// Pages of the lists of several servers, as one page.
import { isObject, type JsonObject } from "../../../json.ts";
import { joinedCursor } from "./cursor.ts";
import { cacheHints } from "./offers.ts";

/** A list of which each server has one. */
export interface ListKind {
  method: string;
  /** Where its items stand. */
  key: string;
  /** The capability that offers it. */
  feature: "tools" | "prompts" | "resources" | "tasks";
  /** What tells its items apart. */
  by: "name" | "uri" | "uriTemplate" | "taskId";
}

/** By method; whatever a client may call its own. */
export const LISTS: ReadonlyMap<string, ListKind> = new Map(
  (
    [
      ["tools/list", "tools", "tools", "name"],
      ["prompts/list", "prompts", "prompts", "name"],
      ["resources/list", "resources", "resources", "uri"],
      ["resources/templates/list", "resourceTemplates", "resources", "uriTemplate"],
      ["tasks/list", "tasks", "tasks", "taskId"],
    ] as const
  ).map(([method, key, feature, by]) => [method, { method, key, feature, by }]),
);

/** One server's page, read so that it can be written again. */
export interface Page {
  server: string;
  result: JsonObject;
}

const itemsOn = (result: JsonObject, { key }: ListKind): unknown[] =>
  Array.isArray(result[key]) ? result[key] : [];

/** What the items of a page are told apart by. */
export const namesOn = (result: JsonObject, kind: ListKind): string[] =>
  itemsOn(result, kind).flatMap((item) => {
    const name = isObject(item) ? item[kind.by] : undefined;
    return typeof name === "string" ? [name] : [];
  });

/**
 * One page of all of them, under the client's names.
 *
 * @param nameOf the client's name for a server's own
 * @param isWhole false where a server is missing: then it may be kept for no time
 */
export function mergedPage(
  kind: ListKind,
  pages: readonly Page[],
  nameOf: (own: { server: string; name: string }) => string,
  isWhole: boolean,
): JsonObject {
  const items = pages.flatMap(({ server, result }) =>
    itemsOn(result, kind).map((item) => {
      const name = isObject(item) ? item[kind.by] : undefined;
      if (!isObject(item) || typeof name !== "string") return item;
      return { ...item, [kind.by]: nameOf({ server, name }) };
    }),
  );
  const cursors = pages.flatMap(({ server, result: { nextCursor } }) =>
    typeof nextCursor === "string" ? [[server, nextCursor]] : [],
  );
  const nextCursor = joinedCursor(Object.fromEntries(cursors));
  const results = pages.map(({ result }) => result);
  const isModern = results.some(({ ttlMs, resultType }) => ttlMs !== undefined || resultType !== undefined);
  return {
    ...(isModern ? { resultType: "complete" } : {}),
    [kind.key]: items,
    ...(nextCursor === undefined ? {} : { nextCursor }),
    ...(isModern ? (isWhole ? cacheHints(results) : { ttlMs: 0, cacheScope: "private" }) : {}),
  };
}
