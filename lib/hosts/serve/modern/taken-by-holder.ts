// At a server that keeps a session, all modern clients of all processes are in one: the process that has it answers.
import type { IncomingMessage } from "node:http";
import { asString, type Text } from "../../../mcp/jsonrpc/bytes.ts";
import type { ServerEra } from "../../../mcp/protocol/endpoint.ts";
import type { ServeContext } from "../context.ts";
import { one } from "../http/admission.ts";
import type { Reply } from "../http/reply.ts";
import { FORWARDED, forward } from "../peers.ts";
import type { SessionHolder } from "./session-holder.ts";

/** Names the process that a request is handed to, one start of it and no other. */
const HOLDER = "m2mcp-holder";
/** Why the process that was asked does not take a request: it is not the holder, or there is nothing to hold. */
const DECLINED = "m2mcp-declined";
type Declined = "replaced" | "apart";

export interface Taking {
  incoming: IncomingMessage;
  body: Text;
  reply: Reply;
  /** The server's, as far as it is known. */
  era: ServerEra | undefined;
  /** A subscription, which lasts. */
  lasts: boolean;
  /** Nothing comes of it but an answer. */
  isRepeatable: boolean;
}

/** Whether a request of a modern client's was answered: by the process that has the session, or as handed to the wrong one. */
export async function isTakenByHolder(context: ServeContext, taking: Taking): Promise<boolean> {
  const { holder } = context;
  const { incoming, reply, lasts } = taking;
  const named = one(incoming.headers[HOLDER]);
  if (named !== undefined) {
    const declined = declinedHere(context, named, taking.era);
    if (declined) decline(reply, declined);
    else if (lasts) holder?.listens(reply);
    return declined !== undefined;
  }
  if (!holder || incoming.headers[FORWARDED] !== undefined || !keepsSession(context, taking.era))
    return false;
  if (await isHandedOver(context, holder, taking)) return true;
  if (lasts) holder.listens(reply);
  return false;
}

function declinedHere(
  context: ServeContext,
  named: string,
  era: ServerEra | undefined,
): Declined | undefined {
  if (!context.holder?.isHere() || named !== context.self.instance) return "replaced";
  return keepsSession(context, era) ? undefined : "apart";
}

/** Whether the server has a session of its own for what is asked of it; as long as that is not known, it may have. */
function keepsSession({ carriers }: ServeContext, era: ServerEra | undefined): boolean {
  for (const { side } of carriers.values()) if (side) return side.keepsSession?.() ?? side.isHeldHere;
  return era !== "modern";
}

function decline(reply: Reply, why: Declined): void {
  reply.header(DECLINED, why);
  reply.refuse(421, { code: -32000, message: "Misdirected Request: this process has not the session" });
}

async function isHandedOver(
  context: ServeContext,
  holder: SessionHolder,
  { incoming, body, reply, lasts, isRepeatable }: Taking,
): Promise<boolean> {
  let bytes: Uint8Array | undefined;
  for (;;) {
    const to = await holder.elsewhere();
    if (!to) return false;
    let why: Declined | undefined;
    bytes ??= Buffer.from(asString(body));
    const end = () => reply.endStream();
    if (lasts) context.endings.add(end);
    const handedOver = forward(context, incoming, reply, {
      address: to.address,
      gone: to.gone,
      isRepeatable,
      body: bytes,
      headers: { [HOLDER]: to.instance },
      isDeclined(answer) {
        why = declinedBy(answer);
        return why !== undefined;
      },
    });
    const isAnswered = await holder.watching(handedOver);
    context.endings.delete(end);
    if (isAnswered || reply.isGone) return true;
    if (why === "apart") holder.part();
    else await holder.lost(to);
  }
}

/** One that does not let our clients in shares nothing with us. */
function declinedBy({ statusCode, headers }: IncomingMessage): Declined | undefined {
  if (statusCode === 401 || statusCode === 403) return "apart";
  if (statusCode !== 421) return undefined;
  return headers[DECLINED] === "apart" ? "apart" : "replaced";
}
