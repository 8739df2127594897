import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { networkInterfaces } from "node:os";
import { codeOf } from "../../../platform/error-code.ts";
import { removeFile } from "../../../platform/files/files.ts";
import { cannotListen } from "../errors.ts";

/** Where to listen. */
export type Listen = { kind: "tcp"; host: string; port: number } | { kind: "unix"; path: string };

/** What others than a socket's owner and group may do with it. */
const OTHERS = 0o007;

/**
 * Listens. Who may connect to a socket acts with the credentials: others of this machine may not, whatever the umask, unless
 * they have a bearer to show.
 *
 * @throws M2mcpError cannot_listen (exit 1)
 */
export async function listening(server: Server, listen: Listen, isGuarded: boolean): Promise<void> {
  if (listen.kind === "tcp") return bind(server, listen);
  await clearLeft(listen.path);
  if (isGuarded) return bind(server, listen);
  const umask = process.umask();
  process.umask(umask | OTHERS);
  await bind(server, listen).finally(() => process.umask(umask));
}

function bind(server: Server, listen: Listen): Promise<void> {
  return new Promise((resolve, reject) => {
    const place = listen.kind === "unix" ? listen.path : `${hostInUrl(listen.host)}:${listen.port}`;
    server.once("error", async (error) => {
      const isNoHost = listen.kind !== "unix" && !(await isHost(listen.host));
      reject(cannotListen(place, isNoHost ? NO_HOST : wordsFor(codeOf(error), listen.kind)));
    });
    if (listen.kind === "unix") server.listen(listen.path, resolve);
    else server.listen(listen.port, listen.host, resolve);
  });
}

const NO_HOST = "there is no such host";

/** Of a name that is none, Bun gives the code of whatever has failed before. */
async function isHost(host: string): Promise<boolean> {
  const { lookup } = process.getBuiltinModule("node:dns/promises");
  return lookup(host).then(
    () => true,
    (error) => codeOf(error) !== "ENOTFOUND",
  );
}

/** What the system's codes mean here. */
const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: "something listens there already",
  EACCES: "this user may not (EACCES)",
  EADDRNOTAVAIL: "this machine has no such address",
  EAFNOSUPPORT: "this machine has no such kind of address",
  ENOENT: "there is no such folder",
  ENOTDIR: "there is no such folder",
  ENAMETOOLONG: "the path is too long for a socket",
};

function wordsFor(code: string, kind: Listen["kind"]): string {
  if (code === "EINVAL" && kind === "unix") return "the path is too long for a socket";
  return WORDS[code] ?? (code || "it failed");
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const hostInUrl = (host: string) => (host.includes(":") ? `[${host}]` : host);

/** As people are told. */
export const shownAddress = (server: Server, listen: Listen): string =>
  listen.kind === "unix"
    ? `unix:${listen.path} (/mcp)`
    : `http://${hostInUrl(listen.host)}:${portOf(server)}/mcp`;

/** A socket that a killed process has left: nobody answers there. What is no socket stays. */
async function clearLeft(path: string): Promise<void> {
  const { lstat } = process.getBuiltinModule("node:fs/promises");
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) throw cannotListen(path, "something else is there");
  const { connect } = process.getBuiltinModule("node:net");
  const code = await new Promise<string | undefined>((resolve) => {
    const socket = connect({ path });
    socket.on("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", (error) => resolve(codeOf(error)));
  });
  if (code === undefined) return;
  if (code !== "ECONNREFUSED") throw cannotListen(path, wordsFor(code, "unix"));
  await removeFile(path).catch((error: unknown) => {
    throw cannotListen(
      path,
      `a socket that nobody answers at cannot be removed (${codeOf(error) || "it failed"})`,
    );
  });
}

/** As other processes find it. */
export function addressOf(server: Server, listen: Listen): string {
  if (listen.kind === "unix") return `unix:${listen.path}`;
  const interfaces = () => process.getBuiltinModule("node:os").networkInterfaces();
  return `${hostInUrl(reachedAs(listen.host, interfaces))}:${portOf(server)}`;
}

/** A host that is listened on; of all addresses of this machine, the first that leads beyond it. */
export function reachedAs(host: string, interfaces: typeof networkInterfaces): string {
  if (host !== "0.0.0.0" && host !== "::") return host;
  const all = Object.values(interfaces()).flatMap((some) => some ?? []);
  // One of a link alone means nothing without its interface (RFC 4007 §6).
  const outward = all.filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  const found = outward.find(({ family }) => family === "IPv4") ?? (host === "::" ? outward[0] : undefined);
  return found?.address ?? "127.0.0.1";
}
