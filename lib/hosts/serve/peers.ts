// Other processes that share the key: what one of them asked, it alone can take the answer to.
import type { IncomingMessage } from "node:http";
import type { JsonObject } from "../../json.ts";
import { startTimer } from "../../timing/timer.ts";
import type { ServeContext } from "./context.ts";
import type { Reply } from "./http/reply.ts";

/** A request goes from one process to another once. */
export const FORWARDED = "m2mcp-forwarded";
/** How long the other may take to begin its answer, in ms: it holds the request for as long as its server does. */
const CONNECT_MS = 2000;

export type Place = "here" | "elsewhere" | "gone";

/** Where what is sealed was sealed: this process, another one, or an earlier one under this address. */
export function placeOf({ self }: ServeContext, { a, i }: JsonObject): Place {
  if (i === self.instance) return "here";
  return a === self.address ? "gone" : "elsewhere";
}

/** Hands a request on to the process at `address` as it came, and its answer back. Never rejects. */
export async function forward(
  address: string,
  { headers, method }: IncomingMessage,
  body: Uint8Array,
  reply: Reply,
): Promise<void> {
  const { request } = process.getBuiltinModule("node:http");
  const isSocket = address.startsWith("unix:");
  const place = isSocket
    ? { socketPath: address.slice("unix:".length) }
    : { host: hostOf(address), port: address.slice(address.lastIndexOf(":") + 1) };
  const {
    "content-length": _length,
    connection: _connection,
    "transfer-encoding": _coding,
    ...kept
  } = headers;
  const sent = {
    ...kept,
    host: isSocket ? "localhost" : address,
    [FORWARDED]: "1",
    "content-length": body.length,
  };
  await new Promise<void>((resolve) => {
    const outgoing = request({ ...place, method, path: "/mcp", headers: sent }, (answer) => {
      reply.pass(answer);
      answer.on("close", resolve);
    });
    const fail = () => {
      reply.refuse(404, { code: -32000, message: "the process that asked is gone" });
      resolve();
    };
    outgoing.on("error", fail);
    outgoing.on("socket", (socket) => {
      const late = startTimer(CONNECT_MS, () => outgoing.destroy(new Error("silent")));
      socket.once("connect", late.stop);
      if (!socket.connecting) late.stop();
    });
    reply.gone.addEventListener("abort", () => outgoing.destroy(), { once: true });
    outgoing.end(body);
  });
}

const hostOf = (address: string) => address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
