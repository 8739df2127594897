// A forward proxy on loopback: CONNECT tunnels and plain requests, with or without a password.
import { createServer, request as forward } from "node:http";
import { connect, type Socket } from "node:net";
import { listen } from "./listen.ts";

export interface ForwardProxy {
  host: string;
  /** `host:port` of each tunnel asked for, and the address of each plain request. */
  seen: string[];
  /** Instead of passing anything on, answers with this status. */
  refuse: number | undefined;
  stop(): Promise<void>;
}

/**
 * @param options.login `user:password` that it wants
 * @param options.routes names that only the proxy knows, each with its port on loopback
 */
export async function startProxy(
  options: { login?: string; routes?: Record<string, number> } = {},
): Promise<ForwardProxy> {
  const wanted = options.login && `Basic ${Buffer.from(options.login).toString("base64")}`;
  const sockets = new Set<Socket>();
  const refusal = (authorization: string | undefined) =>
    proxy.refuse ?? (wanted && authorization !== wanted ? 407 : undefined);
  const server = createServer((request, response) => {
    proxy.seen.push(request.url ?? "");
    const status = refusal(request.headers["proxy-authorization"]);
    if (status)
      return void response.writeHead(status, { "content-type": "text/html" }).end("<html>proxy</html>");
    const { hostname, port, pathname, search } = new URL(request.url ?? "");
    const { "proxy-authorization": _, ...headers } = request.headers;
    const onward = forward(
      {
        host: "127.0.0.1",
        port: options.routes?.[hostname] ?? port,
        path: pathname + search,
        method: request.method,
        headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.writeHead(502).end());
    request.pipe(onward);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("connect", (request, socket: Socket) => {
    proxy.seen.push(request.url ?? "");
    socket.on("error", () => {});
    const status = refusal(request.headers["proxy-authorization"]);
    if (status) return void socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\nno`);
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const through = connect(options.routes?.[host] ?? Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      through.pipe(socket).pipe(through);
    });
    through.on("error", () => socket.destroy());
    socket.on("close", () => through.destroy());
  });
  const proxy: ForwardProxy = {
    host: `127.0.0.1:${await listen(server)}`,
    seen: [],
    refuse: undefined,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
