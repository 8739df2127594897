import type { JsonObject } from "../../../json.ts";
import { tellChanges } from "../changes.ts";
import type { MergedContext } from "../context.ts";
import { type ListKind, namesOn } from "../words/pages.ts";
import { beMissing, beThere, listKey } from "./missing-lists.ts";
import type { ListAnswer } from "./names-known.ts";

/**
 * A server that was too slow for a list: once it has answered, the client hears that there is more, and the next list has
 * what was answered. @param shown what the list had of it
 */
export function beLate(
  context: MergedContext,
  kind: ListKind,
  server: string,
  work: Promise<ListAnswer> | undefined,
  shown: JsonObject | undefined,
): void {
  const key = listKey(server, kind);
  context.shared.onLate(server, kind.method);
  const count = (more: number) => context.pending.set(key, (context.pending.get(key) ?? 0) + more);
  count(1);
  work?.then(
    (listed) => {
      count(-1);
      const member = context.members.get(server);
      if (listed.kind === "refused") return beMissing(context, kind, server, listed.error);
      if (listed.kind !== "page" || !member) return;
      beThere(context, kind, server);
      context.late.set(key, listed.result);
      // Else a server that is always slow would be listed without end.
      const before = shown ? namesOn(shown, kind) : [];
      if (kind.feature !== "tasks" && namesOn(listed.result, kind).join("\n") !== before.join("\n"))
        void tellChanges(context, member, [kind.feature]);
    },
    (error: unknown) => {
      count(-1);
      beMissing(context, kind, server, error);
    },
  );
}
