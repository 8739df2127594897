import { M2mcpError } from "../../failure.ts";
import { isObject } from "../../json.ts";
import { timedOut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { backoffMs } from "../../timing/backoff.ts";
import { sleep } from "../../timing/sleep.ts";
import { type Id, type Message, notification, type RpcError } from "../jsonrpc/message.ts";
import { type ErrorAnswer, rpcErrorOf } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { carries, changesIn, type Filter } from "../protocol/subscription-filter.ts";
import type { Deliver } from "../protocol/transport.ts";

/** A stream that lasted as long as this was a good one: the wait before the next starts small again, in ms. */
const GOOD_STREAM_MS = 5000;

/** The one subscription that stands for all that a legacy client wants to hear of. */
export interface Listening {
  /** Starts listening, and tries until it can, without anybody waiting for it. */
  start(): void;
  /**
   * Makes the subscription fit what is wanted by now; resolves with what the server honours.
   *
   * @throws ListenRefused, M2mcpError; then the subscription is what it was
   */
  adapt(): Promise<Filter>;
  close(): void;
}

export interface ListeningOptions {
  endpoint: Endpoint;
  wanted(): Filter;
  /** Sends `subscriptions/listen`; see `ModernServer.request`. */
  request(id: Id, filter: Filter, take: Deliver): Promise<ErrorAnswer | undefined>;
  cancel(id: Id): void;
  deliver(message: Message): Promise<void>;
}

/** The server would not have the subscription. */
export class ListenRefused extends Error {
  readonly error: RpcError;
  readonly status: number;
  constructor(answer: ErrorAnswer, url: string) {
    super("the subscription was refused");
    this.error = rpcErrorOf(answer, url);
    this.status = answer.status;
  }
}

/** Keeps one `subscriptions/listen` under way (MCP 2026-07-28 "Subscriptions"); what is cut comes back. */
export function createListening({ endpoint, wanted, request, cancel, deliver }: ListeningOptions): Listening {
  const ended = new AbortController();
  let current: AbortController | undefined;
  let changing: Promise<unknown> = Promise.resolve();
  let next: Promise<Filter> | undefined;
  let serial = 0;

  /** One change at a time; those who come meanwhile share the next. */
  function adapt(): Promise<Filter> {
    if (next) return next;
    const mine = changing.then(() => {
      next = undefined;
      return replace();
    });
    next = mine;
    changing = mine.catch(() => {});
    return mine;
  }

  /** The new stream is up before the old one goes, so that nothing is missed between them. */
  async function replace(): Promise<Filter> {
    const filter = wanted();
    const old = current;
    if (Object.keys(filter).length === 0) {
      current = undefined;
      old?.abort();
      return filter;
    }
    const over = new AbortController();
    const honoured = await open(filter, over);
    current = over;
    old?.abort();
    return honoured;
  }

  function open(filter: Filter, over: AbortController): Promise<Filter> {
    return new Promise<Filter>((resolve, reject) => {
      const { timeoutMs } = endpoint;
      const timer = setTimeout(() => {
        over.abort();
        reject(timedOut(hostOf(endpoint.url), timeoutMs));
      }, timeoutMs);
      keep(filter, AbortSignal.any([over.signal, ended.signal]), resolve)
        .catch(reject)
        .finally(() => clearTimeout(timer));
    });
  }

  /** Listens until over. @param acknowledged told what the server honours, at the first time */
  async function keep(
    filter: Filter,
    over: AbortSignal,
    acknowledged: (honoured: Filter) => void,
  ): Promise<void> {
    let honoured: Filter | undefined;
    for (let failures = 0; !over.aborted; ) {
      const id: Id = `m2mcp-listen-${++serial}`;
      const startedMs = performance.now();
      const stop = () => cancel(id);
      over.addEventListener("abort", stop, { once: true });
      try {
        const failure = await request(id, filter, async (read) => {
          if (read.kind !== "notification") return;
          if (read.method === "notifications/subscriptions/acknowledged") {
            const first = honoured === undefined;
            honoured = isObject(read.params.notifications) ? read.params.notifications : {};
            if (first) acknowledged(honoured);
            // What changed while the stream was down was told to nobody.
            else
              for (const { method, params } of changesIn(honoured))
                await deliver(notification(method, params));
          } else if (carries(filter, read.method, read.params)) await deliver(read);
        });
        if (failure) {
          const refused = new ListenRefused(failure, endpoint.url);
          if (!honoured || isForGood(refused)) throw refused;
        }
      } catch (error) {
        if (over.aborted) return;
        if (!honoured || !isPassing(error)) throw error;
      } finally {
        over.removeEventListener("abort", stop);
      }
      failures = performance.now() - startedMs > GOOD_STREAM_MS ? 1 : failures + 1;
      endpoint.log("the subscription's stream ended: asking for it again");
      await sleep(backoffMs(failures, 1000), over).catch(() => {});
    }
  }

  async function keepStarting(): Promise<void> {
    for (let failures = 1; !ended.signal.aborted; failures++)
      try {
        await adapt();
        return;
      } catch (error) {
        endpoint.log(`no changes are heard of: ${error instanceof Error ? error.message : "internal error"}`);
        if (error instanceof ListenRefused ? isForGood(error) : !isPassing(error)) return;
        await sleep(backoffMs(failures, 1000), ended.signal).catch(() => {});
      }
  }

  return {
    start: () => void keepStarting(),
    adapt,
    close: () => ended.abort(),
  };
}

/** A refusal that the next try would meet too. */
const isForGood = ({ status }: ListenRefused) => status < 500 && status !== 408 && status !== 429;

/** A failure of the network's, which passes. */
const isPassing = (error: unknown) => error instanceof M2mcpError && error.exitCode === 3;
