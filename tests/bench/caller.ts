/** Whatever carries a request to the server under the bench and has its answer. */
export interface Caller {
  call(method: string, params: object): Promise<void>;
}

export const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bench", version: "1" },
};

const HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  authorization: "Bearer static",
};

/** Direct HTTP: what a client without any bridge pays, each answer parsed as the bridges' are. */
export async function openDirect(url: string): Promise<Caller> {
  let serial = 0;
  let session: Record<string, string> = {};
  async function post(message: object): Promise<Response> {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    return fetch(url, { method: "POST", headers: { ...HEADERS, ...session }, body });
  }
  const opened = await post({ id: 0, method: "initialize", params: INITIALIZE });
  session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
  await opened.text();
  await (await post({ method: "notifications/initialized" })).text();
  return {
    async call(method, params) {
      const text = await (await post({ id: ++serial, method, params })).text();
      JSON.parse(text.startsWith("{") ? text : text.slice(text.lastIndexOf("data: ") + 6));
    },
  };
}

export const echo = (caller: Caller, text = "hello") =>
  caller.call("tools/call", { name: "echo", arguments: { message: text } });

/** A result of so many bytes. */
export const fetchBytes = (caller: Caller, size: number) =>
  caller.call("tools/call", { name: "echo", arguments: { size } });

/** Calls a second with 64 in flight. */
export async function callsPerSecond(caller: Caller, calls: number): Promise<number> {
  let left = calls;
  const worker = async () => {
    while (left-- > 0) await echo(caller);
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: 64 }, worker));
  return calls / ((performance.now() - startedMs) / 1000);
}
