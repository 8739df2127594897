import type { IncomingMessage, ServerResponse } from "node:http";
import { asString, type Text } from "../../../mcp/jsonrpc/bytes.ts";
import type { Id } from "../../../mcp/jsonrpc/id.ts";
import { errorResponse, type RpcError } from "../../../mcp/jsonrpc/message.ts";
import { startInterval, type Timer } from "../../../timing/timer.ts";
import { until } from "../../../timing/until.ts";
import { isComing, passOver } from "./pass-over.ts";

/** A client that takes nothing of what waits for it for so long is cut off, in ms. */
const SLOW_MS = 60_000;
/** A comment keeps quiet streams from being closed on the way, this often, in ms (MCP 2026-07-28 "Receiving Messages"). */
const ALIVE_MS = 25_000;

/** The response to one HTTP request: one JSON answer, unless something comes before it; then a stream of events. */
export class Reply {
  readonly #response: ServerResponse;
  readonly #slowMs: number;
  #isOver = false;
  /** Made where somebody asks for it: most responses are over before anybody does. */
  #gone: AbortController | undefined;
  readonly #whenOver = new Set<() => void>();
  #drained: Promise<void> | undefined;
  #alive: Timer | undefined;
  /** What the next event says of where and when the stream can be resumed. */
  #eventHead = "";
  #retryMs: number | undefined;
  /** What its request has begun and it does not wait for. None of it rejects. */
  readonly outlasting: Promise<void>[] = [];
  /** Told when it begins: what its head says is known by then at the latest. */
  onBegin: (() => void) | undefined;

  /** @param slowMs how long a client may take nothing of what waits for it, in ms */
  constructor(response: ServerResponse, slowMs = SLOW_MS) {
    this.#response = response;
    this.#slowMs = slowMs;
    const over = () => this.#end();
    response.on("close", over);
    response.on("error", over);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#alive?.stop();
    this.#gone?.abort();
    for (const run of this.#whenOver) run();
  }

  /** Fires when the response is over, and before its end where the client has gone. */
  get gone(): AbortSignal {
    this.#gone ??= new AbortController();
    if (this.#isOver) this.#gone.abort();
    return this.#gone.signal;
  }

  /** Whether `gone` has fired. */
  get isGone(): boolean {
    return this.#isOver;
  }

  /** Calls `run` when `gone` fires, as a listener of it would be called, at a tenth of the price. @returns what takes that back */
  whenGone(run: () => void): () => void {
    this.#whenOver.add(run);
    return () => this.#whenOver.delete(run);
  }

  get isBegun(): boolean {
    return this.#response.headersSent;
  }

  header(name: string, value: string): void {
    if (!this.isBegun && !this.#isOver) this.#response.setHeader(name, value);
  }

  /** The whole of it. */
  whole(status: number, text?: Text, type = "application/json"): void {
    if (this.#isOver || this.isBegun) return;
    this.onBegin?.();
    if (text === undefined) {
      this.#response.writeHead(status, { "content-length": 0 }).end();
      return;
    }
    const body = typeof text === "string" ? Buffer.from(text) : text;
    const response = this.#response.writeHead(status, {
      "content-type": type,
      "content-length": body.length,
    });
    if (!isComing(response.req)) response.end(body);
    else {
      // With its end the connection of a client that wants it closed is: not beneath what it still sends.
      response.write(body);
      passOver(response.req, () => response.end());
    }
    // Nearly every one has left by now.
    if (this.#response.writableLength > 0) void this.#whileTaken(new Promise(() => {}));
  }

  /** A refusal in the words of JSON-RPC. */
  refuse(status: number, error: RpcError, id: Id | null = null): void {
    this.whole(status, errorResponse(id, error).text);
  }

  /** The last answer: whole, or the last event. */
  async answer(text: Text, status = 200): Promise<void> {
    if (!this.isBegun) return this.whole(status, text);
    await this.event(text);
    this.end();
  }

  /** From now on it is a stream of events. */
  stream(): void {
    if (this.isBegun || this.#isOver) return;
    this.onBegin?.();
    this.#response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    this.#response.flushHeaders();
    this.#alive = startInterval(ALIVE_MS, () => void this.#write(": alive\n\n"));
    this.#alive.keepAlive(false);
  }

  /** One message as an event. Resolves when more can be taken. */
  event(text: Text): Promise<void> {
    this.stream();
    const head = this.#eventHead;
    this.#eventHead = "";
    return this.#write(`${head}data: ${asString(text)}\n\n`);
  }

  /** Where the server's stream can be resumed, and after how long: goes with the next event, or alone. */
  async eventId(id: string, isAlone: boolean, retryMs?: number): Promise<void> {
    if (/[\r\n\0]/.test(id)) return;
    const isNews = retryMs !== undefined && retryMs !== this.#retryMs;
    this.#retryMs = retryMs;
    const lines = `${isNews ? `retry: ${retryMs}\n` : ""}id: ${id}\n`;
    if (!isAlone) this.#eventHead = lines;
    else {
      this.stream();
      await this.#write(`${lines}data: \n\n`);
    }
  }

  /** The answer of another process, as it comes. */
  pass(answer: IncomingMessage): void {
    if (this.isBegun || this.#isOver) return void answer.destroy();
    const {
      connection: _connection,
      "keep-alive": _alive,
      "transfer-encoding": _coding,
      ...kept
    } = answer.headers;
    this.#response.writeHead(answer.statusCode ?? 502, kept);
    this.#response.flushHeaders();
    // What breaks off there breaks off here: its client must not wait for more.
    answer.on("error", () => this.#response.destroy());
    answer.on("aborted", () => this.#response.destroy());
    answer.pipe(this.#response);
  }

  /** Ends a stream that waits for nothing: its client asks for it again. */
  endStream(): void {
    this.stream();
    this.end();
  }

  end(): void {
    if (!this.#isOver) this.#response.end();
  }

  #write(text: string): Promise<void> {
    if (this.#isOver || this.#response.writableEnded) return Promise.resolve();
    if (this.#response.write(text)) return this.#drained ?? Promise.resolve();
    this.#drained ??= this.#untilDrained();
    return this.#drained;
  }

  async #untilDrained(): Promise<void> {
    await this.#whileTaken(new Promise<void>((resolve) => this.#response.once("drain", () => resolve())));
    this.#drained = undefined;
  }

  /** Waits until all is taken, for as long as the client takes some of it; one that takes nothing is cut off. */
  async #whileTaken(all: Promise<void>): Promise<void> {
    for (let left = Number.POSITIVE_INFINITY; this.#response.writableLength < left; ) {
      left = this.#response.writableLength;
      if ((await until(all, this.#slowMs, this.gone)) || this.#isOver) return;
    }
    this.#response.destroy();
  }
}

/** Resolves when the response is over, or its client has gone. */
export const untilGone = (reply: Pick<Reply, "isGone" | "whenGone">): Promise<void> =>
  reply.isGone ? Promise.resolve() : new Promise((resolve) => void reply.whenGone(resolve));
