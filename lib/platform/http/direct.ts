import type { ClientRequest, IncomingMessage } from "node:http";

/** One request to an address of this machine or next to it. */
export interface DirectRequest {
  method: string;
  headers: Record<string, string>;
  body?: string;
  /** PEM text of the only certificate authorities that count for it; the system's unless given. */
  ca?: string;
}

/** What an answer may cost. */
export interface DirectLimits {
  /** For all of it, in ms. */
  timeoutMs: number;
  maxBytes: number;
  signal?: AbortSignal;
}

/** No answer within the limits; the message says why. */
export class DirectFailed extends Error {}

/**
 * A request past all proxies, whose redirects are answers: the runtimes' `fetch` takes the proxies of the environment,
 * and on Deno nothing takes them away.
 *
 * @throws DirectFailed; else what the network says, whose text may hold the request; the signal's reason
 */
export async function requestDirectly(
  url: string,
  request: DirectRequest,
  limits: DirectLimits,
): Promise<{ status: number; headers: Headers; text: string }> {
  const { timeoutMs, signal } = limits;
  const { request: open } = await (URL.parse(url)?.protocol === "https:"
    ? import("node:https")
    : import("node:http"));
  let sent: ClientRequest | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  try {
    return await new Promise((resolve, reject) => {
      stop = () => reject(signal?.reason);
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted) return stop();
      timer = setTimeout(
        () => reject(new DirectFailed(`it gave no answer within ${timeoutMs / 1000} s`)),
        timeoutMs,
      );
      const { method, headers, body, ca } = request;
      // Certificates are checked whatever NODE_TLS_REJECT_UNAUTHORIZED says.
      const tls = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) };
      // Without an agent: the connection ends with its answer.
      sent = open(url, { method, headers, agent: false, ...tls }, (response) => {
        readAll(response, limits.maxBytes).then((text) => {
          const { statusCode: status = 0 } = response;
          resolve({ status, headers: headersOf(response), text });
        }, reject);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
    sent?.destroy();
  }
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response) {
    size += part.length;
    if (size > maxBytes) throw new DirectFailed(`its answer is longer than ${maxBytes / 1024} KiB`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function headersOf({ headers }: IncomingMessage): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers))
    for (const one of [value ?? []].flat()) all.append(name, one);
  return all;
}
