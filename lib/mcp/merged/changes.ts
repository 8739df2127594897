import { notification } from "../jsonrpc/message.ts";
import { type Member, type MergedContext, mayOffer } from "./context.ts";

const LISTED = ["tools", "prompts", "resources"];

/** Tells the client that the lists with this server's part in them have changed: it has gone, or come. */
export async function tellChanges(
  context: MergedContext,
  member: Member,
  lists: readonly string[] = LISTED,
): Promise<void> {
  for (const list of lists) {
    if (!mayOffer(member, list)) continue;
    context.shared.catalogue.forget(member.name, `${list}/`);
    const message = notification(`notifications/${list}/list_changed`);
    // Before its handshake is over a client is told nothing; it asks for the lists then.
    if (context.era === "legacy" && context.initialized) await context.onMessage(message);
    for (const listen of context.listens) await listen.tell(message);
  }
}
