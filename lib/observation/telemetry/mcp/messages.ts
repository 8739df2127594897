// Spans of what a server asks and tells by itself, and of what a client tells ("Semantic conventions for Model Context
// Protocol": who sends is the client of a message, whichever of both that is).
import { type Attributes, SpanKind, type Tracer, trace } from "@opentelemetry/api";
import {
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  requestIdOf,
} from "../../../mcp/jsonrpc/message.ts";
import type { OnMessage } from "../../../mcp/protocol/transport.ts";
import { outcomeOf } from "../../outcome.ts";
import { below, type Current } from "../current.ts";
import type { HostTransport, Telling } from "../telling.ts";
import { failureAttributes } from "./attributes.ts";
import { createQuestions } from "./questions.ts";
import { type MessageSpan, naming, type Side, startSpan } from "./spans.ts";

/** They come by the hundred: each is an event of the span that it belongs to. */
const OFTEN: readonly string[] = ["notifications/progress", "notifications/message"];
const NEVER = new AbortController().signal;

export interface MessageSpans {
  /** Takes what comes from the server. @param of the call that it belongs to */
  heard(onMessage: OnMessage, of?: Current): OnMessage;
  /** A question of the server's has its answer. */
  answered(message: ResponseMessage): void;
  /** The client tells something; `send` tells the server. */
  notified(message: NotificationMessage, send: () => Promise<void>): Promise<void>;
  /** Nobody waits for what was asked during this call any more, or on the whole connection. */
  over(of?: Current): void;
}

/**
 * What is seen of one connection.
 *
 * @param server what is said of the server
 * @param host what carries what is passed on; undefined: it is taken here
 */
export function createMessageSpans(
  telling: Telling,
  tracer: Tracer,
  server: Attributes,
  host: HostTransport | undefined,
): MessageSpans {
  const client: Attributes = host === undefined ? {} : { "network.transport": host };
  const taken = (attributes: Attributes): Side => ({ kind: SpanKind.SERVER, attributes });
  const sent = (attributes: Attributes): Side => ({ kind: SpanKind.CLIENT, attributes });
  const fromServer = host === undefined ? [taken(server)] : [taken(server), sent(client)];
  const fromClient = host === undefined ? [sent(server)] : [taken(client), sent(server)];
  const questions = createQuestions();

  /** A span for each side, each below the one before. */
  function start(message: RequestMessage | NotificationMessage, sides: readonly Side[], of?: Current) {
    const spans: MessageSpan[] = [];
    for (const side of sides) spans.push(startSpan(telling, tracer, side, message, spans.at(-1)?.now ?? of));
    return spans;
  }

  function asked(message: RequestMessage, of: Current | undefined): RequestMessage {
    const spans = start(message, fromServer, of);
    questions.ask(message.id, of, spans);
    const last = spans.at(-1);
    return host === undefined || !last ? message : naming(message, last.now, telling.allowed);
  }

  return {
    heard: (onMessage, of) => (message) => {
      if (message.kind === "request") return onMessage(asked(message, of));
      if (OFTEN.includes(message.method)) {
        if (of && !of.isOver) trace.getSpan(of.context)?.addEvent(message.method);
        return onMessage(message);
      }
      const cancelled = message.method === "notifications/cancelled" ? requestIdOf(message) : undefined;
      if (cancelled !== undefined) questions.giveUp(cancelled);
      return during(start(message, fromServer, of), () => onMessage(message));
    },
    answered(message) {
      if (message.id === null || !questions.has(message.id)) return;
      const answer = { kind: "response", message } as const;
      questions.answer(message.id, failureAttributes(outcomeOf(answer, NEVER), answer));
    },
    notified(message, send) {
      if (OFTEN.includes(message.method)) return send();
      return during(start(message, fromClient), send);
    },
    over: questions.giveUpAll,
  };
}

async function during(spans: readonly MessageSpan[], work: () => Promise<void>): Promise<void> {
  const last = spans.at(-1);
  try {
    await (last ? below(last.now, work) : work());
  } finally {
    for (const span of spans.toReversed()) span.end({});
  }
}
