import { M2mcpError } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { streamCut, tookTooLong } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { deadlineMs } from "../../timing/deadline.ts";
import { readAnswers, readErrorAnswer } from "../http/read-messages.ts";
import { sendHttp } from "../http/send.ts";
import {
  type Id,
  type Message,
  type NotificationMessage,
  type RequestMessage,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { type ErrorAnswer, supportedVersions } from "../protocol/answer.ts";
import type { Endpoint, HeaderMap } from "../protocol/endpoint.ts";
import { encodeHeaderValue, paramHeaders, readHeaderMap } from "../protocol/param-headers.ts";
import { createRepeatable } from "../protocol/repeatable.ts";
import type { Deliver } from "../protocol/transport.ts";
import {
  HEADER_MISMATCH,
  META_VERSION,
  MODERN_VERSION,
  MODERN_VERSIONS,
  UNSUPPORTED_VERSION,
} from "../protocol/versions.ts";

const LINGER_MS = 2000;

/** Requests to a modern server: no session, each stands for itself. */
export interface ModernServer {
  /**
   * Sends one request (with its `_meta`) and passes on all it leads to, the answer included; see `Road.request`.
   * @param deliver for this request's messages
   */
  request(message: RequestMessage, deliver: Deliver): Promise<ErrorAnswer | undefined>;
  /** Sends a notification that the protocol does not know; those it knows have no place on HTTP. Never rejects. */
  notify(message: NotificationMessage): Promise<void>;
  /** Closes the stream of a request, which cancels it (MCP 2026-07-28 "Cancellation"). */
  cancel(id: Id): void;
  close(): void;
}

/**
 * A modern server (MCP 2026-07-28) over Streamable HTTP: adds the headers that mirror the body, mirrors
 * `x-mcp-header` parameters, leaves tools with invalid ones out of `tools/list`.
 */
export function createModernServer(endpoint: Endpoint): ModernServer {
  const host = hostOf(endpoint.url);
  const calls = new Map<Id, AbortController>();
  const repeatable = createRepeatable(endpoint);
  let toolHeaders: Map<string, HeaderMap> | undefined;

  const headersOf = async (
    message: RequestMessage | NotificationMessage,
  ): Promise<Record<string, string>> => {
    const name = nameOf(message);
    return {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": versionOf(message) ?? MODERN_VERSION,
      "mcp-method": message.method,
      ...(name === undefined ? {} : { "mcp-name": encodeHeaderValue(name) }),
      ...(message.method === "tools/call"
        ? paramHeaders(await headerMapOf(name ?? ""), message.params.arguments)
        : {}),
    };
  };

  async function headerMapOf(tool: string): Promise<HeaderMap> {
    toolHeaders ??= new Map(Object.entries((await endpoint.memory.read())?.toolHeaders ?? {}));
    return toolHeaders.get(tool) ?? [];
  }

  async function exchange(message: RequestMessage, abort: AbortController, deliver: Deliver) {
    const endless = message.method === "subscriptions/listen";
    const response = await sendHttp(endpoint, {
      method: "POST",
      body: message.text,
      headers: await headersOf(message),
      signal: abort.signal,
      ...(endless ? { bodyTimeoutMs: Number.POSITIVE_INFINITY } : {}),
    });
    if (response.status >= 300) return readErrorAnswer(response);
    let answered = false;
    let unaddressed: RpcError | undefined;
    let linger: ReturnType<typeof setTimeout> | undefined;
    try {
      const take = async (read: Message) => {
        if (read.kind === "request") {
          endpoint.log(`dropped ${read.method}: a server of this era asks in its results only`);
          return;
        }
        if (read.kind === "response" && read.id === message.id) {
          answered = true;
          linger ??= setTimeout(() => abort.abort(), LINGER_MS);
        } else if (read.kind === "response" && read.id === null) unaddressed = read.error;
        await deliver(message.method === "tools/list" ? await withoutInvalidTools(read) : read);
      };
      await readAnswers(response, endpoint.url, {}, endpoint.log, take, message.id);
    } catch (error) {
      if (!answered) throw error;
    } finally {
      clearTimeout(linger);
    }
    if (answered) return undefined;
    // An error in its own response is the request's, though the server did not say so.
    if (unaddressed) return { status: response.status, error: unaddressed };
    throw streamCut(host);
  }

  /** Learns the header parameters from a list of tools, and takes out those a client must not use. */
  async function withoutInvalidTools(message: Message): Promise<Message> {
    if (message.kind !== "response" || !Array.isArray(message.result?.tools)) return message;
    repeatable.learn(message);
    const { tools, maps, dropped } = sortTools(message.result.tools, endpoint.log);
    await headerMapOf("");
    let changed = false;
    for (const [name, map] of maps) {
      if (JSON.stringify(toolHeaders?.get(name) ?? []) === JSON.stringify(map)) continue;
      toolHeaders?.set(name, map);
      changed = true;
    }
    if (changed) {
      const used = [...(toolHeaders ?? [])].filter(([, map]) => map.length > 0);
      await endpoint.memory.change((old) => ({ ...old, toolHeaders: Object.fromEntries(used) }));
    }
    if (!dropped || message.id === null) return message;
    return resultResponse(message.id, { ...message.result, tools });
  }

  /** Lists the tools for ourselves, to learn headers that the server found missing. */
  async function relearn(meta: unknown): Promise<void> {
    const id = `m2mcp-tools-${crypto.randomUUID()}`;
    let cursor: unknown;
    do {
      const list = requestMessage(id, "tools/list", { ...(cursor ? { cursor } : {}), _meta: meta });
      let result: JsonObject = {};
      const failure = await exchange(list, new AbortController(), async (message) => {
        if (message.kind === "response") result = message.result ?? {};
      });
      cursor = failure ? undefined : result.nextCursor;
    } while (typeof cursor === "string");
  }

  return {
    async request(message, deliver) {
      const abort = new AbortController();
      calls.set(message.id, abort);
      // The discovery that all else waits for must not trickle on behind its answer.
      const limitMs = deadlineMs(endpoint.timeoutMs);
      const opens = message.method === "server/discover";
      const late = opens ? setTimeout(() => abort.abort(tookTooLong(host, limitMs)), limitMs) : undefined;
      try {
        const attempt = () => exchange(message, abort, deliver);
        let failure = await repeatable.send(message, attempt, () => abort.signal.aborted);
        const again = failure && retryVersion(message, failure);
        if (again) failure = await exchange(again, abort, deliver);
        if (failure?.error?.code !== HEADER_MISMATCH || message.method !== "tools/call") return failure;
        await relearn(message.params._meta).catch(() => endpoint.log("the tools could not be listed"));
        return await exchange(message, abort, deliver);
      } finally {
        clearTimeout(late);
        if (calls.get(message.id) === abort) calls.delete(message.id);
      }
    },
    async notify(message) {
      try {
        const { text: body } = message;
        const response = await sendHttp(endpoint, {
          method: "POST",
          body,
          headers: await headersOf(message),
        });
        if (response.status >= 300) endpoint.log(`${message.method} was refused: HTTP ${response.status}`);
        await response.discard();
      } catch (error) {
        endpoint.log(
          `${message.method} could not be sent: ${error instanceof M2mcpError ? error.message : "internal error"}`,
        );
      }
    },
    cancel(id) {
      calls.get(id)?.abort();
    },
    close() {
      for (const abort of calls.values()) abort.abort(streamCut(host));
    },
  };
}

/** The version that a message names in its `_meta`. */
function versionOf({ params }: RequestMessage | NotificationMessage): string | undefined {
  const version = isObject(params._meta) ? params._meta[META_VERSION] : undefined;
  return typeof version === "string" ? version : undefined;
}

/**
 * The request in a version that the server says it knows; undefined when there is none in common. What a client
 * asked in a version not known here is for it to ask again: whether it knows another cannot be told.
 */
function retryVersion(message: RequestMessage, { error }: ErrorAnswer): RequestMessage | undefined {
  if (error?.code !== UNSUPPORTED_VERSION || !MODERN_VERSIONS.includes(versionOf(message) ?? ""))
    return undefined;
  const version = supportedVersions(error).find((theirs) => MODERN_VERSIONS.includes(theirs));
  if (version === undefined) return undefined;
  const _meta = { ...(isObject(message.params._meta) ? message.params._meta : {}), [META_VERSION]: version };
  return requestMessage(message.id, message.method, { ...message.params, _meta });
}

/** What the `Mcp-Name` header mirrors (MCP 2026-07-28 "Standard Request Headers"). */
function nameOf({ method, params }: RequestMessage | NotificationMessage): string | undefined {
  const source =
    method === "tools/call" || method === "prompts/get"
      ? params.name
      : method === "resources/read"
        ? params.uri
        : undefined;
  return typeof source === "string" ? source : undefined;
}

/** The tools a client may use, and the header map of each. */
function sortTools(tools: unknown[], log: (line: string) => void) {
  const maps = new Map<string, HeaderMap>();
  const usable = tools.filter((tool) => {
    if (!isObject(tool) || typeof tool.name !== "string") return true;
    const read = readHeaderMap(tool);
    if ("invalid" in read) {
      log(`warning: left out tool ${tool.name}: ${read.invalid}`);
      return false;
    }
    maps.set(tool.name, read.map);
    return true;
  });
  return { tools: usable, maps, dropped: usable.length < tools.length };
}
