import { M2mcpError } from "../../failure.ts";
import { streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { createDrains } from "../http/drain.ts";
import { readAnswer } from "../http/read-answer.ts";
import { readRefused } from "../http/read-refused.ts";
import { sendHttp } from "../http/send.ts";
import type { Ids } from "../jsonrpc/id.ts";
import { exactParams, type RequestMessage, request as requestMessage } from "../jsonrpc/message.ts";
import { type Answer, answered, refused } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { META_VERSION, metaOf } from "../protocol/meta.ts";
import { createIdempotent } from "../protocol/repeat-idempotent.ts";
import type { Call, OnMessage, Transport } from "../protocol/transport.ts";
import { judge } from "../protocol/verdict.ts";
import { mirroredHeaders, versionOf } from "./mirrored-headers.ts";
import { createToolCatalogue } from "./tool-catalogue.ts";

/**
 * A modern server (MCP 2026-07-28) over Streamable HTTP: no session, each request stands for itself. Adds the headers that
 * mirror the body, leaves tools with invalid header parameters out of lists, and asks again in a version that the server
 * speaks. Closing a request's stream cancels it (MCP 2026-07-28 "Cancellation").
 */
export function createStatelessHttp(endpoint: Endpoint, ids: Ids): Transport {
  const host = hostOf(endpoint.url);
  const underWay = new Set<AbortController>();
  const idempotent = createIdempotent(endpoint);
  const catalogue = createToolCatalogue(endpoint, ids);
  const drains = createDrains();

  /** Sends one request as it is. */
  async function send({ message, signal, onMessage }: Call): Promise<Answer> {
    const abort = new AbortController();
    const onCancel = () => abort.abort(signal.reason);
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", onCancel, { once: true });
    underWay.add(abort);
    try {
      const isTool = message.method === "tools/call";
      const headers = mirroredHeaders(
        message,
        isTool ? await catalogue.headersOf(String(message.params.name)) : [],
      );
      const response = await sendHttp(endpoint, {
        method: "POST",
        body: message.text,
        headers,
        signal: abort.signal,
        ...(message.method === "subscriptions/listen" ? { bodyTimeoutMs: Number.POSITIVE_INFINITY } : {}),
      });
      if (response.status >= 300) return await readRefused(response);
      const call = { message, onMessage: withoutRequests(onMessage) };
      const reading = await readAnswer(response, { endpoint, call, cursor: {}, abort, drains });
      if (reading.kind === "answer") return answered(reading.message);
      // An error in its own response is the request's, though the server did not say so.
      if (reading.errorWithoutId) return refused(response.status, reading.errorWithoutId);
      throw streamCut(host);
    } finally {
      signal.removeEventListener("abort", onCancel);
      underWay.delete(abort);
    }
  }

  const withoutRequests =
    (to: OnMessage): OnMessage =>
    async (message) => {
      if (message.kind === "notification") return to(message);
      endpoint.log(`dropped ${message.method}: a server of this era asks in its results only`);
    };

  return {
    async request(call) {
      const { message } = call;
      let answer = await idempotent.send(call, () => send(call));
      const verdict = judge(
        { era: "modern", method: message.method, proven: true, ...asked(message) },
        answer,
      );
      if (verdict.kind === "other_version")
        answer = await send({ ...call, message: inVersion(message, verdict.versions[0]) });
      else if (verdict.kind === "headers_missing") {
        const list = (tools: RequestMessage) => send({ ...call, message: tools });
        await catalogue
          .relearn(message.params._meta, list)
          .catch(() => endpoint.log("the tools could not be listed"));
        answer = await send(call);
      }
      if (message.method !== "tools/list" || answer.kind === "refused") return answer;
      idempotent.learn(answer.message);
      return answered(catalogue.take(answer.message));
    },

    async notify(message) {
      try {
        const response = await sendHttp(endpoint, {
          method: "POST",
          body: message.text,
          headers: mirroredHeaders(message, []),
        });
        if (response.status >= 300) endpoint.log(`${message.method} was refused: HTTP ${response.status}`);
        await response.discard();
      } catch (error) {
        const why = error instanceof M2mcpError ? error.message : "internal error";
        endpoint.log(`${message.method} could not be sent: ${why}`);
      }
    },

    // A modern server asks nothing: what it wants to know stands in its results.
    async respond() {},

    async close() {
      for (const abort of underWay) abort.abort(streamCut(host));
      await catalogue.settled();
    },
  };
}

/** What a client asked in a version not known here is for it to ask again: whether it knows another cannot be told. */
function asked(message: RequestMessage): { version?: string } {
  const version = versionOf(message);
  return version === undefined ? {} : { version };
}

function inVersion(message: RequestMessage, version: string | undefined): RequestMessage {
  const _meta = { ...metaOf(message), [META_VERSION]: version };
  return requestMessage(message.id, message.method, { ...exactParams(message), _meta });
}
