import type { IncomingMessage } from "node:http";
import { asString, type Text } from "../../../mcp/jsonrpc/bytes.ts";
import type { HostedSession, ServeContext } from "../context.ts";
import { one } from "../http/admission.ts";
import type { Reply } from "../http/reply.ts";
import { isAnsweredByHolder, note } from "./holder.ts";
import { LOOK_MS, publish, upToDate } from "./memory.ts";
import { cookieOf, idOfSession, SESSION, shownId } from "./session-id.ts";
import { sessionOf, unreachable } from "./sessions.ts";

/** Most of both that a head has, in characters: proxies take heads of 4 KB unless they are told otherwise. */
const MOST_TOLD = 3400;

/** The session that a request names; undefined where it was answered: refused, or by the process that holds the session. */
export async function sessionFor(
  context: ServeContext,
  incoming: IncomingMessage,
  reply: Reply,
  body: Text = "",
  isChange = false,
): Promise<HostedSession | undefined> {
  const { headers } = incoming;
  const given = one(headers[SESSION]);
  if (given === undefined) {
    reply.refuse(400, { code: -32000, message: "Bad Request: Mcp-Session-Id header is required" });
    return undefined;
  }
  const own = shownId(context, headers);
  const nowMs = performance.now();
  const { memory, sessions } = context;
  let shown = own && memory ? await upToDate(context, own, isChange ? nowMs : nowMs - LOOK_MS) : own;
  if (shown?.value.holder !== undefined) {
    const bytes = Buffer.from(asString(body));
    if (await isAnsweredByHolder(context, incoming, shown, bytes, reply)) return undefined;
  }
  if (shown && memory && !sessions.has(shown.value.key)) shown = await upToDate(context, shown, nowMs);
  const session =
    shown && (await sessionOf(context, shown).catch((error: unknown) => unreachable(context, shown, error)));
  if (!session) {
    reply.refuse(404, { code: -32001, message: "Session not found" });
    return undefined;
  }
  session.lastUsedMs = performance.now();
  if (!session.failure) reply.onBegin = () => tellId(context, session, given, reply);
  if (memory) await publish(context, session);
  return session;
}

/** Clients that can take a later id from here on bring what they have set to whatever process they come to. */
function tellId(context: ServeContext, session: HostedSession, given: string, reply: Reply): void {
  const id = idOfSession(context, session);
  if (id === given) return;
  reply.header(SESSION, id);
  const cookie = cookieOf(id);
  if (id.length + cookie.length <= MOST_TOLD) reply.header("set-cookie", cookie);
  if (session.side?.isHeldHere) note(context, id);
}
