import { timedOut } from "../../net/errors.ts";
import { hostOf, networkError } from "../../net/network-error.ts";
import { watchIdle } from "../../timing/idle-timeout.ts";
import { follow } from "../../timing/linked-abort.ts";
import { watchResponse } from "./body.ts";
import type { Send } from "./layer.ts";

/**
 * The innermost layer: one request and its response, each part under an idle timeout, every failure in our own errors.
 *
 * @param timeoutMs idle timeout of the head, and of the body where the request names none
 */
export const fetchOnce =
  (fetch: typeof globalThis.fetch, timeoutMs: number): Send =>
  async (request) => {
    const { url, method, headers, body, bodyTimeoutMs = timeoutMs } = request;
    const abort = new AbortController();
    const unlink = follow(request.signal, abort);
    const watch = (limitMs: number) => watchIdle(limitMs, () => abort.abort(timedOut(hostOf(url), limitMs)));
    const head = watch(timeoutMs);
    try {
      const response = await fetch(url, {
        method,
        headers,
        redirect: "manual",
        signal: abort.signal,
        ...(body === undefined ? {} : { body: body as BodyInit }),
      });
      head.stop();
      const rest = watch(bodyTimeoutMs);
      const end = () => {
        rest.stop();
        unlink();
      };
      return watchResponse(response, hostOf(url), rest, abort.signal, end);
    } catch (error) {
      head.stop();
      unlink();
      throw networkError(error, abort.signal, hostOf(url));
    }
  };
