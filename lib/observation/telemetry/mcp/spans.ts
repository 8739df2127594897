// A span for one MCP message, and how whoever takes that message is told of it.
import { type Attributes, ROOT_CONTEXT, type Span, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import {
  exactParams,
  isTooDeep,
  type NotificationMessage,
  type RequestMessage,
  request as requestMessage,
} from "../../../mcp/jsonrpc/message.ts";
import { metaOf } from "../../../mcp/protocol/meta.ts";
import type { Propagation } from "../../trace-context.ts";
import { type Current, carried, current, currentOf, spanAbove } from "../current.ts";
import { endSpan, type Telling } from "../telling.ts";
import { nameOf, spanAttributes } from "./attributes.ts";

/** Who of two sides a span is of: who sends is the client of it, who takes the server. */
export interface Side {
  kind: SpanKind.CLIENT | SpanKind.SERVER;
  /** What is the same for all of them. */
  attributes: Attributes;
}

export interface MessageSpan {
  readonly span: Span;
  /** What is done for it. */
  readonly now: Current;
  /** @param failed with an `error.type` where it has */
  end(failed: Attributes): void;
}

/** @param ambient what it is part of, where the message itself names no span */
export function startSpan(
  { startedIn, allowed }: Telling,
  tracer: Tracer,
  { kind, attributes }: Side,
  message: RequestMessage | NotificationMessage,
  ambient: Current | undefined = current(),
): MessageSpan {
  const named = spanAbove(metaOf(message), allowed);
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
  const now = currentOf(span, above?.baggage);
  return {
    span,
    now,
    end(failed) {
      now.isOver = true;
      endSpan(span, failed);
    },
  };
}

/** The request with the span that it is sent in; a handshake is kept and told anew, so that it names none. */
export function naming(message: RequestMessage, now: Current, allowed: Propagation): RequestMessage {
  if (message.method === "initialize") return message;
  const more = carried(now, allowed);
  if (Object.keys(more).length === 0) return message;
  const { continuation } = message;
  const params = exactParams(message);
  try {
    const named = requestMessage(message.id, message.method, {
      ...params,
      _meta: { ...metaOf(message), ...more },
    });
    return continuation ? { ...named, continuation } : named;
  } catch (error) {
    // What cannot be written anew passes on as it came.
    if (isTooDeep(error)) return message;
    throw error;
  }
}
