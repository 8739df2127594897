// Other processes that share the key: what one of them holds, it alone can take requests for.
import type { IncomingMessage } from "node:http";
import type { JsonObject } from "../../json.ts";
import type { ServeContext } from "./context.ts";
import type { Reply } from "./http/reply.ts";
import { isReachable, placeAt, untilSettled, watchPeer } from "./reach.ts";

/** A request goes from one process to another once. */
export const FORWARDED = "m2mcp-forwarded";

/** What says something of the client's own connection, or of how its body came (RFC 9110 §7.6.1, §10.1.1). */
const OF_A_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export type Place = "here" | "elsewhere" | "gone";

/** Where what is sealed was sealed: this process, another one, or an earlier one under this address. */
export function placeOf({ self }: ServeContext, { a, i }: JsonObject): Place {
  if (i === self.instance) return "here";
  return a === self.address ? "gone" : "elsewhere";
}

export interface Forwarding {
  address: string;
  body: Uint8Array;
  /** In the place of the client's own. */
  headers?: Readonly<Record<string, string>>;
  /** Told of the answer before it goes on. */
  onAnswer?(answer: IncomingMessage): void;
  /** Whether its answer says that it has nothing of the request. */
  isDeclined?(answer: IncomingMessage): boolean;
  /** Nothing is lost where it is carried out twice: an answer that does not begin counts as none. */
  isRepeatable?: boolean;
  /** The other gives no answer any more. */
  gone?: AbortSignal;
}

/**
 * Hands a request on to another process as it came, and its answer back. Never rejects.
 *
 * @returns false where the other cannot be reached, or declines, and has nothing of the request; nothing is answered then
 */
export async function forward(
  context: ServeContext,
  incoming: IncomingMessage,
  reply: Reply,
  to: Forwarding,
): Promise<boolean> {
  if (!(await isReachable(context, to.address))) return false;
  // Whoever looks after it has said so by now, and says it once.
  if (to.gone?.aborted) return false;
  const outcome = await send(context, incoming, reply, to);
  if (outcome === "unreachable") context.reached.delete(to.address);
  return outcome === "answered";
}

function send(
  context: ServeContext,
  { headers, method }: IncomingMessage,
  reply: Reply,
  { address, body, headers: own, onAnswer, isDeclined, isRepeatable = false, gone }: Forwarding,
): Promise<"answered" | "unreachable" | "declined"> {
  const { request } = process.getBuiltinModule("node:http");
  const sent = {
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_A_CONNECTION.has(name))),
    ...own,
    host: address.startsWith("unix:") ? "localhost" : address,
    [FORWARDED]: "1",
    ...(method === "POST" ? { "content-length": String(body.length) } : {}),
  };
  return new Promise((settle) => {
    let come: IncomingMessage | undefined;
    let isGivenUp = false;
    const giveUp = () => {
      isGivenUp = true;
      come?.destroy(new Error("gone"));
      outgoing.destroy(new Error("gone"));
    };
    // The holder outlives its requests: what stays on its signal is never let go of.
    const resolve = (outcome: "answered" | "unreachable" | "declined") => {
      gone?.removeEventListener("abort", giveUp);
      endWatch();
      settle(outcome);
    };
    const outgoing = request({ ...placeAt(address), method, path: "/mcp", headers: sent }, (answer) => {
      if (isDeclined?.(answer)) {
        answer.on("error", () => {}).resume();
        return resolve("declined");
      }
      onAnswer?.(answer);
      reply.pass(answer);
      come = answer;
      answer.on("close", () => resolve("answered"));
    });
    outgoing.on("error", (error) => {
      if ((isNeverReached(error) || isRepeatable) && !reply.isBegun) return resolve("unreachable");
      // Whether it was carried out is not known: a balancer does with it what it does with all such. Who gets it next shall
      // find out at once that the other is gone.
      void (isGivenUp || reply.isBegun ? Promise.resolve() : untilSettled(address)).then(() => {
        reply.refuse(502, { code: -32000, message: "the process that held this session has ended" });
        resolve("answered");
      });
    });
    const endWatch = watchPeer(context, address, giveUp);
    reply.whenGone(() => void outgoing.destroy());
    gone?.addEventListener("abort", giveUp, { once: true });
    outgoing.end(method === "POST" ? body : undefined);
  });
}

const isNeverReached = (error: Error): boolean =>
  "code" in error &&
  [
    "ECONNREFUSED",
    "ENOENT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ConnectionRefused",
    "FailedToOpenSocket",
  ].includes(String(error.code));
