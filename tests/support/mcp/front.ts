// An address on loopback behind which servers can be exchanged while it runs, and where every request is counted.
import { type ServerResponse, request as send } from "node:http";
import { type Asked, type Script, type Scripted, serveScript } from "./scripted.ts";

/** What answers: another server, by its address, or a script. */
export type Behind = string | Script;

export interface Front extends Scripted {
  /** Puts another server behind; streams of the one before end. @param path where it is reached, when not everywhere */
  put(behind: Behind, path?: string): void;
}

export async function startFront(first: Behind): Promise<Front> {
  let everywhere = first;
  const places = new Map<string, Behind>();
  const scripted = await serveScript((asked, response, request) => {
    const behind = places.get(request.url ?? "") ?? everywhere;
    if (typeof behind === "string") passOn(behind, asked, response);
    else behind(asked, response, request);
  });
  return {
    ...scripted,
    put(behind, path) {
      if (path === undefined) everywhere = behind;
      else places.set(path, behind);
      scripted.cut();
    },
  };
}

/** Lets another server answer. */
export function passOn(to: string, { request, text }: Asked, response: ServerResponse): void {
  const { hostname, port, pathname } = new URL(to);
  // A place of its own for one server is its endpoint there.
  const path = request.url?.endsWith("/mcp") ? pathname : request.url;
  const { connection: _connection, ...headers } = request.headers;
  const onward = send({
    hostname,
    port,
    path,
    method: request.method,
    headers: { ...headers, host: `${hostname}:${port}` },
  });
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  onward.end(text);
}
