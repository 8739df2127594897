// One connection to a cache: our own socket under the library, which encodes commands and reads replies.
import type { Socket } from "node:net";
import { authoritiesWith } from "../platform/http/authorities.ts";
import type { CacheAddress } from "./address.ts";
import { type CacheTrouble, senseless } from "./trouble.ts";

/** What a cache may send in reply to one command, in bytes: what we keep there is far smaller. */
const MAX_REPLY_BYTES = 4 * 1024 * 1024;
/** How long a connection at rest goes without a sign of life of the other side, in ms. */
const KEEP_ALIVE_MS = 30_000;

/** A reply: text, a whole number, nothing, or a list of such. */
export type Reply = string | number | null | readonly Reply[];

export interface CacheConnection {
  command(name: string, ...args: (string | number)[]): Promise<Reply>;
  /** Whether it was cut meanwhile. */
  isClosed(): boolean;
  close(): void;
}

/** @property authorities PEM of authorities that are trusted beside the usual ones */
export interface ConnectOptions {
  authorities?: string;
}

/**
 * Opens a connection, says who asks, and chooses the database; the caller has the time limit.
 *
 * @param cutBy told what cuts it off
 * @throws what `troubleOf` knows
 */
export async function connect(
  address: CacheAddress,
  { authorities }: ConnectOptions,
  cutBy: (cut: () => void) => void,
): Promise<CacheConnection> {
  const { socket, opened } = await openSocket(address, authorities);
  let failure: Error | undefined;
  socket.on("error", (error) => {
    failure ??= error;
  });
  cutBy(() => socket.destroy());
  limitReplies(socket, (trouble) => {
    failure ??= trouble;
  });
  // The library is loaded while the connection is made.
  const [client] = await Promise.all([clientOver(socket), opened]);
  const close = () => {
    client.disconnect();
    socket.destroy();
  };
  cutBy(close);
  const command = async (name: string, ...args: (string | number)[]): Promise<Reply> => {
    try {
      return checked(await client.call(name, ...args));
    } catch (error) {
      // That it was closed is the library's word; why, the socket's.
      throw failure ?? error;
    }
  };
  try {
    if (socket.destroyed) throw senseless();
    await client.connect();
    const { user, password, database } = address;
    // Both at once: where the way is long, each wait counts.
    await Promise.all([
      password === undefined ? null : command("AUTH", ...(user === undefined ? [] : [user]), password),
      database === 0 ? null : command("SELECT", database),
    ]);
  } catch (error) {
    close();
    throw failure ?? error;
  }
  return { command, isClosed: () => socket.destroyed || client.status === "end", close };
}

/** A socket, and when it is open: a failure of it is one of that promise too. */
async function openSocket(
  { at, tls }: CacheAddress,
  authorities: string | undefined,
): Promise<{ socket: Socket; opened: Promise<void> }> {
  const socket = tls && at.kind === "tcp" ? await openTls(at, authorities) : await openPlain(at);
  socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
  const opened = new Promise<void>((resolve, reject) => {
    socket.once(tls ? "secureConnect" : "connect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
  opened.catch(() => {});
  return { socket, opened };
}

async function openPlain(at: CacheAddress["at"]): Promise<Socket> {
  const { connect } = await import("node:net");
  return at.kind === "unix" ? connect(at.path) : connect({ host: at.host, port: at.port });
}

async function openTls(
  { host, port }: { host: string; port: number },
  authorities: string | undefined,
): Promise<Socket> {
  const { connect } = await import("node:tls");
  const { isIP } = await import("node:net");
  return connect({
    host,
    port,
    rejectUnauthorized: true,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(authorities === undefined ? {} : { ca: authoritiesWith(authorities) }),
  });
}

/**
 * The library over a socket of ours. It tries nothing again and asks nothing by itself: that is decided here. Variables
 * that would let it print what it sends do not reach it.
 */
async function clientOver(socket: Socket) {
  const { DEBUG } = process.env;
  delete process.env.DEBUG;
  const { Redis } = await import("iovalkey").finally(() => {
    if (DEBUG !== undefined) process.env.DEBUG = DEBUG;
  });
  class OwnSocket {
    connecting = true;
    firstError?: Error;
    check = () => true;
    connect = async () => socket;
    disconnect = () => void socket.destroy();
  }
  const client = new Redis({
    lazyConnect: true,
    Connector: OwnSocket as never,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // Each command tells its own failure.
  client.on("error", () => {});
  return client;
}

/**
 * Cuts off what no such server sends: replies without end, and those that the library cannot read. What it throws there
 * would end the process.
 */
function limitReplies(socket: Socket, onTrouble: (trouble: CacheTrouble) => void): void {
  let bytes = 0;
  const { emit, write } = socket;
  socket.write = ((...args: Parameters<typeof write>) => {
    bytes = 0;
    return write.apply(socket, args);
  }) as typeof write;
  socket.emit = ((event: string, ...args: unknown[]) => {
    if (event !== "data") return emit.call(socket, event, ...args);
    bytes += (args[0] as Uint8Array).length;
    try {
      if (bytes > MAX_REPLY_BYTES) throw senseless();
      return emit.call(socket, event, ...args);
    } catch {
      onTrouble(senseless());
      socket.destroy();
      return false;
    }
  }) as typeof emit;
}

/** A reply of the kinds that there are. @throws CacheTrouble */
function checked(reply: unknown): Reply {
  if (reply === null || typeof reply === "string" || typeof reply === "number") return reply;
  if (Array.isArray(reply)) return reply.map(checked);
  throw senseless();
}
