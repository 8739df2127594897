import { suggest } from "../../command-line/suggest.ts";
import type { JsonObject } from "../../json.ts";
import { itemNamed, namesOf } from "../catalogue/kept-list.ts";
import { notOnServer } from "../errors.ts";

/** A tool out of a server's list. @throws M2mcpError not_found, with the one that may have been meant */
export function toolNamed(tools: readonly JsonObject[], name: string): JsonObject {
  const found = itemNamed(tools, name);
  if (!found) throw notOnServer("tool", name, suggest(name, namesOf(tools)));
  return found;
}
