import type { RequestMessage } from "../jsonrpc/message.ts";
import type { Refused } from "../protocol/answer.ts";
import type { ConnectionContext } from "./connection-state.ts";
import type { Negotiated } from "./negotiate.ts";

/** What a negotiation means to a request that waited for it: nothing where it may go on. */
export async function outcomeFor(
  { client }: Pick<ConnectionContext, "client">,
  { method }: RequestMessage,
  done: Promise<Negotiated>,
): Promise<Refused | undefined> {
  const outcome = await done.catch((error: unknown) => {
    // A handshake asks anew, and so does a request of our own, which stands for itself.
    if (method === "initialize" || client === "own") return undefined;
    throw error;
  });
  if (outcome?.kind !== "refused") return undefined;
  // Requests of the modern era stand for themselves, so each may ask anew; so does a handshake.
  return client === "legacy" && method !== "initialize" ? outcome : undefined;
}
