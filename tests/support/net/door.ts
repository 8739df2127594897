// An address that a server can be away from, and come back to: shut, connections end and further ones are refused.
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort, listen } from "./listen.ts";

export interface Door {
  url: string;
  shut(): Promise<void>;
  open(): Promise<void>;
  stop(): Promise<void>;
}

/** @param to the endpoint behind it @param host the address of this machine that it is at */
export async function startDoor(to: string, isOpen = true, host = "127.0.0.1"): Promise<Door> {
  const behind = new URL(to);
  const port = await freePort();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  };
  const door: Door = {
    url: `http://${host}:${port}${behind.pathname}`,
    async open() {
      if (server) return;
      server = createServer((socket) => {
        const onward = connect(Number(behind.port), behind.hostname);
        keep(socket);
        keep(onward);
        socket.pipe(onward).pipe(socket);
        socket.on("close", () => onward.destroy());
        onward.on("close", () => socket.destroy());
      });
      await listen(server, port, host);
    },
    async shut() {
      const closing = server;
      server = undefined;
      const closed = new Promise<void>((resolve) => (closing ? closing.close(() => resolve()) : resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    stop: () => door.shut(),
  };
  if (isOpen) await door.open();
  return door;
}
