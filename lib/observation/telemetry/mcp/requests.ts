// A span and a measurement for each MCP request ("Semantic conventions for Model Context Protocol"): on the side of who
// asks this program, and on the side of the server that it asks. Never within: arguments, results, session ids.
import { type Attributes, SpanKind } from "@opentelemetry/api";
import type { RequestMessage } from "../../../mcp/jsonrpc/message.ts";
import { type Answer, isToolError } from "../../../mcp/protocol/answer.ts";
import { metaOf } from "../../../mcp/protocol/meta.ts";
import type { Call, Interceptor } from "../../../mcp/protocol/transport.ts";
import { type Outcome, outcomeOf, outcomeOfFailure } from "../../outcome.ts";
import type { Propagation } from "../../trace-context.ts";
import { below, type Current, current } from "../current.ts";
import type { Instruments } from "../instruments.ts";
import { methodLabel } from "../label-names.ts";
import type { HostTransport, Telling } from "../telling.ts";
import { failureAttributes, targetAttributes, targetOf, versionAttribute } from "./attributes.ts";
import type { MessageSpans } from "./messages.ts";
import { naming, type Side, startSpan } from "./spans.ts";

type Next = (call: Call) => Promise<Answer>;

/** Requests as they come in. */
export function observeServer(telling: Telling, transport: HostTransport): Interceptor {
  const side: Side = { kind: SpanKind.SERVER, attributes: { "network.transport": transport } };
  return (call, next) => measured(telling, side, call, next);
}

/**
 * One request, measured, with a span that whoever takes it is told of.
 *
 * @param messages sees what comes while it is under way
 */
export async function measured(
  telling: Telling,
  side: Side,
  call: Call,
  next: Next,
  messages?: MessageSpans,
): Promise<Answer> {
  const beganMs = performance.now();
  const span = telling.tracer && startSpan(telling, telling.tracer, side, call.message);
  const finish = (outcome: Outcome, answer: Answer | undefined) => {
    const failed = failureAttributes(outcome, answer);
    measure(telling.instruments, side, call.message, performance.now() - beganMs, failed);
    if (!span) return;
    messages?.over(span.now);
    span.end(failed);
  };
  try {
    const answer = await (span
      ? below(span.now, () => next(sentIn(telling, side, call, span.now, messages)))
      : next(side.kind === SpanKind.SERVER ? passedOn(call, telling.allowed) : call));
    learn(telling.instruments, call.message, answer);
    finish(outcomeOf(answer, call.signal), answer);
    return answer;
  } catch (error) {
    finish(outcomeOfFailure(call.signal.aborted ? call.signal.reason : error), undefined);
    throw error;
  }
}

function sentIn(
  { allowed }: Telling,
  { kind }: Side,
  call: Call,
  now: Current,
  messages: MessageSpans | undefined,
): Call {
  if (kind === SpanKind.SERVER) return call;
  const message = naming(call.message, now, allowed);
  return { ...call, message, ...(messages ? { onMessage: messages.heard(call.onMessage, now) } : {}) };
}

/** What HTTP's headers name goes on in `_meta` where no span of ours stands between, unless that names another. */
function passedOn(call: Call, allowed: Propagation): Call {
  const above = current();
  const meta = metaOf(call.message);
  if (!above || "traceparent" in meta || "baggage" in meta) return call;
  return { ...call, message: naming(call.message, above, allowed) };
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
  else if (!error && !isToolError(result)) {
    const target = targetOf(message);
    if (target !== undefined) (message.method === "tools/call" ? tools : prompts).learn(target);
  }
}
