import { EXIT, M2mcpError } from "../../failure.ts";
import type { McpClient } from "../../hosts/one-off.ts";
import type { JsonObject } from "../../json.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { isFresh, itemNamed, LIST_METHODS, type ListKind, namesOf } from "../catalogue/kept-list.ts";

/** What the server says of a tool or a prompt. */
export type Declared =
  | { kind: "declared"; item: JsonObject; isKept: boolean }
  /** It lists others. */
  | { kind: "undeclared"; names: string[] }
  /** It gives no list. */
  | { kind: "unlisted" };

export interface Lookup {
  client: McpClient;
  catalogue: Catalogue;
  nowMs: number;
  /** Go on without a list, whatever the reason. */
  tolerant: boolean;
  log(line: string): void;
}

/**
 * Looks a name up: in the list that was kept, while that counts; else in the server's own, which also decides where the
 * kept one has no such name.
 *
 * @param anew not in the kept one
 * @throws M2mcpError where the server cannot be reached, or refuses us
 */
export async function declared(
  kind: ListKind,
  name: string,
  { client, catalogue, nowMs, tolerant, log }: Lookup,
  anew: boolean,
): Promise<Declared> {
  const kept = anew ? undefined : (await catalogue.read())[kind];
  const known = kept && isFresh(kept, nowMs) ? itemNamed(kept.items, name) : undefined;
  if (known) return { kind: "declared", item: known, isKept: true };
  let items: JsonObject[];
  try {
    items = await client.list(LIST_METHODS[kind], kind);
  } catch (error) {
    const isOfServer = error instanceof M2mcpError && error.exitCode === EXIT.server;
    if (!(error instanceof M2mcpError) || (!isOfServer && !tolerant)) throw error;
    log(`the server gives no list of its ${kind}: ${error.message}`);
    return { kind: "unlisted" };
  }
  const item = itemNamed(items, name);
  return item ? { kind: "declared", item, isKept: false } : { kind: "undeclared", names: namesOf(items) };
}
