import { timedOut } from "../../../net/errors.ts";
import { hostOf, networkError } from "../../../net/network-error.ts";
import { watchIdle } from "../../../timing/idle-timeout.ts";
import { follow } from "../../../timing/linked-abort.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { watchResponse } from "../body.ts";
import type { Send } from "./layer.ts";

/** Controllers that no request needs any more and nothing has aborted: making one costs more than the rest of this file. */
const spare: AbortController[] = [];
const MAX_SPARE = 64;

/** What is needed of the server; `timeoutMs` holds for the head, and for the body where the request names none. */
type FetchOnceOptions = Pick<Endpoint, "fetch" | "timeoutMs" | "log" | "backpressure">;

/** The innermost layer: one request and its response, each part under an idle timeout, every failure in our own errors. */
export const fetchOnce =
  ({ fetch, timeoutMs, log, backpressure }: FetchOnceOptions): Send =>
  async (request) => {
    const { url, method, headers, body, bodyTimeoutMs = timeoutMs } = request;
    const abort = request.abort ?? spare.pop() ?? new AbortController();
    const unlink = request.abort ? undefined : follow(request.signal, abort);
    let limitMs = timeoutMs;
    const watch = watchIdle(limitMs, () => abort.abort(timedOut(hostOf(url), limitMs)));
    let ended = false;
    const end = () => {
      // Twice would put the controller away twice, so that two requests would share it.
      if (ended) return;
      ended = true;
      watch.stop();
      unlink?.();
      if (unlink && !abort.signal.aborted && spare.length < MAX_SPARE) spare.push(abort);
    };
    try {
      const init: RequestInit = { method, headers, redirect: "manual", signal: abort.signal };
      if (body !== undefined) init.body = body as BodyInit;
      const response = await fetch(url, init);
      limitMs = bodyTimeoutMs;
      watch.refresh(limitMs);
      log(`${method} ${url} → ${response.status}`);
      return watchResponse(response, { host: hostOf(url), watch, signal: abort.signal, end, backpressure });
    } catch (error) {
      end();
      throw networkError(error, abort.signal, hostOf(url));
    }
  };
