// The same client as `startBridge` has, but over `m2mcp serve`: what is written goes out as POSTs, in order where order
// counts, and what is heard comes from their answers and from the session's stream.
import type { Bridge } from "./bridge.ts";
import { createHearing } from "./hearing.ts";
import type { Home, RunOptions } from "./home.ts";
import type { Json, Line } from "./messages.ts";

const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };

export function startBridgeOverServe(home: Home, args: string[], options?: RunOptions): Bridge {
  const child = home.start(["serve", ...args], options);
  const heard: Line[] = [];
  let stderr = "";
  let session: Record<string, string> = {};
  const hearing = createHearing(heard, () => stderr);
  const over = new AbortController();
  const url = new Promise<string>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      const found = / at (http:\S+)/.exec(stderr)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  child.stdin.on("error", () => {});
  const ended: Bridge["ended"] = new Promise((resolve) => child.on("close", (...how) => resolve(how)));
  void ended.then(() => over.abort());
  const take = (message: Line) => {
    heard.push(message);
    hearing.look();
  };
  const read = async (response: Response, isStream = false): Promise<void> => {
    const id = response.headers.get("mcp-session-id");
    if (id !== null) session = { ...session, "mcp-session-id": id };
    if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
      if (isStream) return;
      const text = await response.text();
      if (text.startsWith("{") || text.startsWith("[")) take(JSON.parse(text));
      return;
    }
    let rest = "";
    for await (const text of (response.body ?? new ReadableStream()).pipeThrough(
      new TextDecoderStream() as never,
    )) {
      const events = (rest + text).split("\n\n");
      rest = events.pop() ?? "";
      for (const one of events) {
        const data = /^data: (.+)$/m.exec(one)?.[1];
        if (data !== undefined) take(JSON.parse(data));
      }
    }
  };
  const post = async (message: unknown): Promise<void> => {
    const body = typeof message === "string" ? message : JSON.stringify(message);
    const one: Json = typeof message === "string" ? JSON.parse(message) : message;
    const isModern = one?.params?._meta?.["io.modelcontextprotocol/protocolVersion"] !== undefined;
    const name = one?.params?.name ?? one?.params?.uri ?? one?.params?.taskId;
    const mirrored: Record<string, string> = isModern
      ? {
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": one.method,
          ...(typeof name === "string" ? { "mcp-name": name } : {}),
        }
      : session;
    await read(
      await fetch(await url, {
        method: "POST",
        headers: { ...HEADERS, ...mirrored },
        body,
        signal: over.signal,
      }),
    );
    if (one?.method === "notifications/initialized")
      void fetch(await url, {
        headers: { ...session, accept: "text/event-stream" },
        signal: over.signal,
      })
        .then((stream) => read(stream, true))
        .catch(() => {});
  };
  /** A handshake comes before what is sent in its session. */
  let before: Promise<void> = Promise.resolve();
  return {
    child,
    heard,
    stderr: () => stderr,
    say(...messages) {
      for (const message of messages) {
        const first = before;
        const sent = first.then(() => post(message)).catch(() => {});
        const { method } = message as Json;
        if (method === "initialize" || method === "notifications/initialized") before = sent;
      }
    },
    hear: hearing.hear,
    answer: (id, limitMs) => hearing.hear((line) => line.id === id && line.method === undefined, limitMs),
    ended,
    async end() {
      child.kill("SIGTERM");
      return (await ended)[0];
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
