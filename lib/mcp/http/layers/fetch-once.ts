import { timedOut } from "../../../net/errors.ts";
import { hostOf, networkError } from "../../../net/network-error.ts";
import { watchIdle } from "../../../timing/idle-timeout.ts";
import { follow, giveBackController, takeController } from "../../../timing/linked-abort.ts";
import { asString } from "../../jsonrpc/bytes.ts";
import { memberSource } from "../../jsonrpc/source-text.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { WatchedResponse } from "../body.ts";
import type { LocatedRequest, Send } from "./layer.ts";

/** What is needed of the server; `timeoutMs` holds for the head, and for the body where the request names none. */
interface FetchOnceOptions extends Pick<Endpoint, "fetch" | "timeoutMs" | "backpressure"> {
  /** Told of each exchange, where somebody wants to know: making the line costs. */
  log?: ((line: string) => void) | undefined;
}

/** The innermost layer: one request and its response, each part under an idle timeout, every failure in our own errors. */
export const fetchOnce =
  ({ fetch, timeoutMs, log, backpressure }: FetchOnceOptions): Send =>
  async (request) => {
    const { url, method, headers, body, bodyTimeoutMs = timeoutMs } = request;
    // Cancelled in a wait of an outer layer: the server would carry out what it was told to leave.
    request.cancelled?.throwIfAborted();
    const abort = request.abort ?? takeController();
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
      if (unlink) giveBackController(abort);
    };
    try {
      const { signal } = abort;
      const init: RequestInit =
        body === undefined
          ? { method, headers, redirect: "manual", signal }
          : { method, headers, redirect: "manual", signal, body: body as BodyInit };
      const response = await fetch(url, init);
      limitMs = bodyTimeoutMs;
      watch.refresh(limitMs);
      log?.(exchangeLine(request, response.status));
      return new WatchedResponse(response, {
        host: hostOf(url),
        watch,
        signal: abort.signal,
        end,
        backpressure,
      });
    } catch (error) {
      end();
      throw networkError(error, abort.signal, hostOf(url));
    }
  };

/** One exchange for a person: the method of the message, and what became of it. */
function exchangeLine({ method, url, body }: LocatedRequest, status: number): string {
  const source = body === undefined ? undefined : memberSource(asString(body), "method");
  const asked = source?.startsWith('"') ? `${JSON.parse(source)}: ` : "";
  return `${asked}${method} ${url} → ${status}`;
}
