import { badCacheAddress } from "./errors.ts";

/** Where a cache is, and who asks there. */
export interface CacheAddress {
  at: { kind: "tcp"; host: string; port: number } | { kind: "unix"; path: string };
  tls: boolean;
  user?: string;
  password?: string;
  database: number;
  /** As people may see it: without user and password. */
  shown: string;
}

const PORT = 6379;
/** Whether a scheme says TLS. */
const SCHEMES: Record<string, boolean> = {
  "redis:": false,
  "valkey:": false,
  "rediss:": true,
  "valkeys:": true,
};
const UNIX = /^(?:redis\+)?(?:unix|socket):(?:\/\/(?:([^@/]*)@)?)?(\/[^?#]*)(?:\?db=(\d+))?$/i;
/** Longest path of a socket that systems take, in bytes. */
const MAX_PATH = 107;

/**
 * Reads the address of a cache: `redis://[[user]:password@]host[:port][/database]`, `rediss:` over TLS, or
 * `unix:/path[?db=database]`, `unix://[user]:password@/path`.
 *
 * @throws M2mcpError (exit 1), which repeats nothing of it
 */
export function parseCacheAddress(text: string): CacheAddress {
  if (/^(redis\+)?(unix|socket):/i.test(text)) return unixAddress(text);
  if (/^(redis|rediss|valkey|valkeys)[+-](sentinel|cluster)s?:/i.test(text))
    throw badCacheAddress("it is that of sentinels or of a cluster; that of one primary server is wanted");
  const url = URL.parse(text);
  const tls = SCHEMES[url?.protocol ?? ""];
  if (!url || tls === undefined) throw badCacheAddress("it is not of the form redis://HOST:PORT");
  if (url.hash !== "" || /#/.test(text))
    throw badCacheAddress("it has a part after #; in a password # is %23");
  const inQuery = url.searchParams.get("db");
  if ([...url.searchParams.keys()].some((name) => name !== "db"))
    throw badCacheAddress("it has a query; only ?db=NUMBER is known");
  const inPath = url.pathname.replace(/^\/|\/$/g, "");
  if (inPath !== "" && inQuery !== null) throw badCacheAddress("it names two databases");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (host === "") throw badCacheAddress("it names no host");
  const port = url.port === "" ? PORT : Number(url.port);
  const database = databaseOf(inQuery ?? inPath);
  const shown = `${tls ? "rediss" : "redis"}://${url.hostname}:${port}${database === 0 ? "" : `/${database}`}`;
  return { at: { kind: "tcp", host, port }, tls, ...who(url.username, url.password), database, shown };
}

function unixAddress(text: string): CacheAddress {
  const [, before = "", given = "", database = ""] = UNIX.exec(text) ?? [];
  const path = decoded(given);
  if (path.startsWith("//") && /^[^:]*:\/\/[^/]/.test(text))
    throw badCacheAddress("it names a host; before the path of a socket stands none: unix:/PATH");
  if (path.length < 2 || Buffer.byteLength(path) > MAX_PATH || /\p{Cc}/u.test(path))
    throw badCacheAddress("it names no path of a socket, which begins with /");
  const colon = before.indexOf(":");
  const [user, password] = colon < 0 ? [before, ""] : [before.slice(0, colon), before.slice(colon + 1)];
  const shown = `unix:${path}${Number(database) === 0 ? "" : `?db=${Number(database)}`}`;
  return {
    at: { kind: "unix", path },
    tls: false,
    ...who(user, password),
    database: databaseOf(database),
    shown,
  };
}

function who(name: string, word: string): Pick<CacheAddress, "user" | "password"> {
  const [user, password] = [decoded(name), decoded(word)];
  if (user !== "" && password === "") throw badCacheAddress("it names a user and no password");
  return { ...(user === "" ? {} : { user }), ...(password === "" ? {} : { password }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badCacheAddress("a % in it begins no escape; write % as %25");
  }
}

function databaseOf(text: string): number {
  if (!/^\d{0,5}$/.test(text)) throw badCacheAddress("its database is no number");
  return Number(text);
}
