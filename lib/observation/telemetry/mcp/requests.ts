// A span and a measurement for each MCP request ("Semantic conventions for Model Context Protocol"): on the side of who
// asks this program, and on the side of the server that it asks. Never within: arguments, results, session ids.
import { type Attributes, ROOT_CONTEXT, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import { exactParams, type RequestMessage, request as requestMessage } from "../../../mcp/jsonrpc/message.ts";
import type { Answer } from "../../../mcp/protocol/answer.ts";
import { metaOf } from "../../../mcp/protocol/meta.ts";
import type { Call, Interceptor, Observe } from "../../../mcp/protocol/transport.ts";
import { type Outcome, outcomeOf, outcomeOfFailure } from "../../outcome.ts";
import type { Propagation } from "../../trace-context.ts";
import { type Current, carried, current, spanAbove, within } from "../current.ts";
import type { Instruments } from "../instruments.ts";
import { methodLabel } from "../label-names.ts";
import { serverAttributes } from "../server-address.ts";
import { endSpan, type Telling } from "../telling.ts";
import {
  failureAttributes,
  nameOf,
  spanAttributes,
  targetAttributes,
  targetOf,
  versionAttribute,
} from "./attributes.ts";

/** One side of requests. */
interface Side {
  kind: SpanKind.CLIENT | SpanKind.SERVER;
  /** What is the same for all of them. */
  attributes: Attributes;
}

type Next = (call: Call) => Promise<Answer>;

/** A connection whose requests are measured, each with a span that the server is told of. */
export function observeClient(telling: Telling, url: string): Observe {
  const side: Side = {
    kind: SpanKind.CLIENT,
    attributes: { "network.transport": "tcp", ...serverAttributes(new URL(url)) },
  };
  return (connection) => ({
    notify: (message) => connection.notify(message),
    respond: (message) => connection.respond(message),
    close: (how) => connection.close(how),
    request: (call) => measured(telling, side, call, (sent) => connection.request(sent)),
  });
}

/** The same for requests as they come in. @param transport `pipe` for stdio, `tcp` or `unix` for HTTP */
export function observeServer(telling: Telling, transport: "pipe" | "tcp" | "unix"): Interceptor {
  const side: Side = { kind: SpanKind.SERVER, attributes: { "network.transport": transport } };
  return (call, next) => measured(telling, side, call, next);
}

async function measured(telling: Telling, side: Side, call: Call, next: Next): Promise<Answer> {
  const beganMs = performance.now();
  const span = telling.tracer && startSpan(telling, telling.tracer, side, call.message);
  const finish = (outcome: Outcome, answer: Answer | undefined) => {
    const failed = failureAttributes(outcome, answer);
    measure(telling.instruments, side, call.message, performance.now() - beganMs, failed);
    span?.end(failed);
  };
  try {
    const answer = await (span
      ? span.within(call, next)
      : next(side.kind === SpanKind.SERVER ? passedOn(call, telling.allowed) : call));
    learn(telling.instruments, call.message, answer);
    finish(outcomeOf(answer, call.signal), answer);
    return answer;
  } catch (error) {
    finish(outcomeOfFailure(call.signal.aborted ? call.signal.reason : error), undefined);
    throw error;
  }
}

/** What HTTP's headers name goes on in `_meta` where no span of ours stands between, unless that names another. */
function passedOn(call: Call, allowed: Propagation): Call {
  const above = current();
  const meta = metaOf(call.message);
  if (!above || "traceparent" in meta || "baggage" in meta) return call;
  return { ...call, message: naming(call.message, above, allowed) };
}

function startSpan(
  { startedIn, allowed }: Telling,
  tracer: Tracer,
  { kind, attributes }: Side,
  message: RequestMessage,
) {
  const meta = metaOf(message);
  const ambient = current();
  const named = spanAbove(meta, allowed);
  // In `_meta` stands who asked; the transport is another matter, and linked alone (conventions, "Context propagation").
  const above = (kind === SpanKind.SERVER ? (named ?? ambient) : (ambient ?? named)) ?? startedIn;
  const linked =
    kind === SpanKind.SERVER && named && ambient ? trace.getSpanContext(ambient.context) : undefined;
  const span = tracer.startSpan(
    nameOf(message),
    {
      kind,
      attributes: { ...attributes, ...spanAttributes(message) },
      ...(linked ? { links: [{ context: linked }] } : {}),
    },
    above?.context ?? ROOT_CONTEXT,
  );
  const baggage = above?.baggage;
  let mine: Current | undefined;
  return {
    within: (call: Call, next: Next) =>
      within(span, baggage, (now) => {
        mine = now;
        return next(kind === SpanKind.CLIENT ? { ...call, message: naming(message, now, allowed) } : call);
      }),
    end(failed: Attributes) {
      if (mine) mine.isOver = true;
      endSpan(span, failed);
    },
  };
}

/** The request with the span that it is sent in; a handshake is kept and told anew, so that it names none. */
function naming(message: RequestMessage, now: Current, allowed: Propagation): RequestMessage {
  if (message.method === "initialize") return message;
  const more = carried(now, allowed);
  if (Object.keys(more).length === 0) return message;
  const params = exactParams(message);
  const _meta = { ...metaOf(message), ...more };
  return requestMessage(message.id, message.method, { ...params, _meta });
}

function measure(
  instruments: Instruments,
  { kind, attributes }: Side,
  message: RequestMessage,
  durationMs: number,
  failed: Attributes,
): void {
  const target = targetOf(message);
  const names = message.method === "tools/call" ? instruments.tools : instruments.prompts;
  const method = methodLabel(message.method);
  const label = target === undefined ? undefined : names.of(target);
  const version = versionAttribute(message);
  const count = kind === SpanKind.CLIENT ? instruments.mcpClient : instruments.mcpServer;
  const key = `${method} ${label} ${version?.["mcp.protocol.version"]} ${attributes["server.address"]} ${attributes["server.port"]} ${failed["error.type"]}`;
  count(durationMs, key, () => ({
    "mcp.method.name": method,
    ...targetAttributes(method, label),
    ...version,
    ...attributes,
    ...failed,
  }));
}

/** Names become labels that the server lists, or has an answer to. */
function learn({ tools, prompts }: Instruments, message: RequestMessage, answer: Answer): void {
  if (answer.kind === "refused") return;
  const { result, error } = answer.message;
  if (message.method === "tools/list") tools.learnFrom(result?.tools);
  else if (message.method === "prompts/list") prompts.learnFrom(result?.prompts);
  else if (!error && result?.isError !== true) {
    const target = targetOf(message);
    if (target !== undefined) (message.method === "tools/call" ? tools : prompts).learn(target);
  }
}
