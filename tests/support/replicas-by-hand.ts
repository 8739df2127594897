// Several processes of `serve`, and a client that goes to each of them as a test says.
import { expect } from "bun:test";
import type { Home } from "./home.ts";
import { INITIALIZED, initialize, type Json } from "./messages.ts";
import { freePort } from "./net/listen.ts";
import { type Served, startServe } from "./serve.ts";

const env = { M2MCP_PASSPHRASE: "one for all" };

/** A client that speaks HTTP by hand, of one of the three habits that there are. */
export function httpClient(
  habit: "takes ids" | "keeps its first id" | "keeps cookies",
  more: Record<string, string> = {},
) {
  const headers: Record<string, string> = {
    ...more,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2025-11-25",
  };
  const take = (response: Response, isFirst: boolean) => {
    const id = response.headers.get("mcp-session-id");
    if (id && (isFirst || habit === "takes ids")) headers["mcp-session-id"] = id;
    const [cookie] = response.headers.getSetCookie();
    if (cookie && habit === "keeps cookies") headers.cookie = cookie.split(";")[0] ?? "";
    return response;
  };
  const post = async (url: string, message: object, signal?: AbortSignal) =>
    take(
      await fetch(url, {
        method: "POST",
        headers,
        body: JSON.stringify(message),
        ...(signal ? { signal } : {}),
      }),
      (message as Json).method === "initialize",
    );
  return {
    id: () => headers["mcp-session-id"] ?? "",
    post,
    ask: async (url: string, message: object): Promise<Json> => {
      const text = await (await post(url, message)).text();
      const events = [...text.matchAll(/^data: (.+)$/gm)].map(([, data = ""]): Json => JSON.parse(data));
      // What changed may be told before the answer.
      return events.find(({ method }) => method === undefined) ?? events[0] ?? JSON.parse(text);
    },
    async open(url: string, capabilities: object = {}) {
      expect((await post(url, initialize("2025-11-25", capabilities))).status).toBe(200);
      expect((await post(url, INITIALIZED)).status).toBe(202);
    },
    /** Sends a call, and reads its stream up to a question of the server's. */
    async untilAsked(url: string, message: object): Promise<{ id: Json; place: string }> {
      let text = "";
      const response = await post(url, message);
      for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += part;
        const data = /^data: (\{.*"method".*)$/m.exec(text)?.[1];
        const place = /^id: (.*)$/m.exec(text)?.[1];
        if (data !== undefined && place !== undefined && text.endsWith("\n\n"))
          return { id: JSON.parse(data).id, place };
      }
      throw new Error(`no question: ${text}`);
    },
    /** Comes back for a stream; resolves with all that comes until its end. */
    async back(url: string, place: string): Promise<{ status: number; text: string }> {
      const { "content-type": _type, ...others } = headers;
      const response = await fetch(url, {
        headers: { ...others, accept: "text/event-stream", "last-event-id": place },
      });
      return { status: response.status, text: await response.text() };
    },
    end: (url: string) => fetch(url, { method: "DELETE", headers }),
    /** What comes on the client's own stream, until `over`. */
    async hear(url: string, over: AbortSignal): Promise<string[]> {
      const heard: string[] = [];
      const { "content-type": _type, ...others } = headers;
      const response = await fetch(url, {
        headers: { ...others, accept: "text/event-stream" },
        signal: over,
      });
      expect(response.status).toBe(200);
      const read = async () => {
        for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) heard.push(part);
      };
      void read().catch(() => {});
      return heard;
    },
  };
}

/** Processes of `serve` under ports of their own, which one that ended comes back to. */
export async function startReplicas(of: Home, url: string, count: number, ...more: string[]) {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const start = (at: number) => startServe(of, [url, "--listen", `127.0.0.1:${ports[at]}`, ...more], { env });
  const replicas = await Promise.all(ports.map((_, at) => start(at)));
  return {
    url: (at: number) => replicas[at]?.url ?? "",
    async restart(at: number, how: "kill" | "stop" = "kill") {
      await replicas[at]?.[how]();
      replicas[at] = await start(at);
    },
    stderr: (at: number) => replicas[at]?.stderr() ?? "",
    end: (at: number) => (replicas[at] as Served).kill(),
    signal: (at: number, signal: NodeJS.Signals) => void process.kill((replicas[at] as Served).pid, signal),
  };
}
