// One HTTP request to the MCP server is a chain of layers around one fetch, as undici's interceptors: each layer is a
// function around the next, owns its own counter, and is tested with a fake next.
import type { Text } from "../../jsonrpc/bytes.ts";
import type { HttpResponse } from "../body.ts";

/** One HTTP request to the MCP endpoint. */
export interface HttpRequest {
  method: "POST" | "GET" | "DELETE";
  /** Where to; the endpoint's own address unless given. */
  url?: string;
  body?: Text;
  headers: Record<string, string>;
  /** Ends the request from outside; its reason is what is thrown. */
  signal?: AbortSignal;
  /** The controller of `signal`, where that was made for this request alone: spares another and a listener. */
  abort?: AbortController;
  /** Aborted once nobody waits for it: then it is sent no more, and what was sent is read on until `signal` ends it. */
  cancelled?: AbortSignal;
  /** Idle timeout of the body, in ms; the endpoint's own limit unless given. */
  bodyTimeoutMs?: number;
  /** Longest `Retry-After` that is waited for, in ms; what is left of the endpoint's time limit unless given. */
  longestWaitMs?: number;
  /**
   * Whether a refusal (400, 401, 403) says something else than that the authorization is wrong, such as that the session
   * is lost: then the response comes back as it is.
   */
  isNoMatterOfTokens?(refusal: RefusedBody): boolean;
}

/** A refusal as it was read: its body cut at what is looked at of errors. */
export interface RefusedBody {
  status: number;
  headers: Headers;
  body: string;
}

/** A request on its way through the layers. */
export interface LocatedRequest extends HttpRequest {
  url: string;
}

/** Sends a request. @throws M2mcpError when there is no response, and the reason of the request's signal */
export type Send = (request: LocatedRequest) => Promise<HttpResponse>;

/** Something done around each request: it calls `next` for the rest of it, once or again. */
export type Layer = (next: Send) => Send;

/** The layers around `send`, the innermost first. */
export function compose(send: Send, ...layers: Layer[]): Send {
  let outermost = send;
  for (const layer of layers) outermost = layer(outermost);
  return outermost;
}

/**
 * Layers that only act on what is no success: the first response goes to them only where it is none. Nearly all
 * requests then cost one call instead of one for each layer.
 */
export const composeUponFailure =
  (send: Send, ...layers: Layer[]): Send =>
  (request) => {
    /** The layers see it as they would have. */
    const layered = (outcome: Promise<HttpResponse>) => {
      let first: Promise<HttpResponse> | undefined = outcome;
      const replay: Send = (again) => {
        const sent = first;
        first = undefined;
        return sent ?? send(again);
      };
      return compose(replay, ...layers)(request);
    };
    return send(request).then(
      (response) => (response.status < 300 ? response : layered(Promise.resolve(response))),
      (error: unknown) => layered(Promise.reject(error)),
    );
  };
