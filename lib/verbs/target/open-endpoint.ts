import { readSecret } from "../../auth/client/secrets.ts";
import type { AuthDeps } from "../../auth/deps.ts";
import { loggedOut } from "../../auth/errors.ts";
import { type ClosableAuthorization, createAuthorization } from "../../auth/tokens/authorization.ts";
import { noAuthorization } from "../../auth/tokens/no-authorization.ts";
import type { Command } from "../../command-line/command.ts";
import { timeoutMs } from "../../command-line/option-values.ts";
import type { Endpoint } from "../../mcp/protocol/endpoint.ts";
import { createFetch } from "../../platform/fetch.ts";
import { expandHeaders } from "./headers.ts";
import { readAuthorities } from "./option-files.ts";
import type { Target } from "./target.ts";

/** For one exchange with an authorization server, in ms: one that says nothing for so long is down. */
const AUTH_TIMEOUT_MS = 10_000;
/** How long a client certificate that was read counts, in ms. */
const FILE_FRESH_MS = 5000;
/** The same where a command yields it, which costs more than a file. */
const COMMAND_FRESH_MS = 60_000;

/** Silence after which the server counts as gone, and how long a cut connection is opened again, in ms. */
export interface Patience {
  timeoutMs: number;
  reconnectMs: number;
}

/** A person or a script waits: a minute is long, and what fails is better said at once. */
export const ONE_OFF: Patience = { timeoutMs: 60_000, reconnectMs: 0 };
/** A host waits, and keeps its own limits: tools may work for minutes. */
export const BRIDGE: Patience = { timeoutMs: 600_000, reconnectMs: 5000 };

/** An endpoint whose authorization may have work in the background, which `end` brings to its end. */
export type OpenEndpoint = Endpoint & { end(): Promise<void> };

/** The endpoint of a target, ready for the protocol code. */
export async function openEndpoint(
  command: Command,
  target: Target,
  patience: Patience,
): Promise<OpenEndpoint> {
  const { cache, credentials, server, login } = target;
  const deps = await authDeps(command, target);
  const authorization: ClosableAuthorization = credentials
    ? createAuthorization(deps, { server: login?.server ?? server, credentials })
    : noAuthorization(server);
  return {
    url: server,
    headers: expandHeaders(target.headers, command.io.env),
    authorization,
    fetch: deps.fetch,
    ...(target.protocol === undefined ? {} : { protocol: target.protocol }),
    memory: cache.server(server),
    timeoutMs: timeoutMs(command.options) ?? patience.timeoutMs,
    reconnectMs: patience.reconnectMs,
    log: (line) => command.output.step(line),
    end: () => authorization.end(),
  };
}

/** What the authorization code is given: the one place where it meets the store and the network. */
export async function authDeps(command: Command, target: Target): Promise<AuthDeps> {
  const { cache, store, login } = target;
  return {
    fetch: await fetchFor(command, target),
    now: command.io.now,
    env: command.io.env,
    read: cache.readAuth,
    write: cache.changeAuth,
    withLock: cache.withLock,
    timeoutMs: timeoutMs(command.options) ?? AUTH_TIMEOUT_MS,
    allowHttp: target.allowHttp,
    log: (line) => command.output.step(line),
    ...(login
      ? {
          async reload() {
            const now = await store.readProfile(login.name);
            // Who logs out means running bridges too.
            if (!now?.credentials) throw loggedOut(login.name, login.server);
            return now.credentials;
          },
        }
      : {}),
  };
}

async function fetchFor(command: Command, { ca, credentials, login, store }: Target): Promise<typeof fetch> {
  const { env } = command.io;
  const authorities = ca === undefined ? {} : { ca: await readAuthorities(command, ca) };
  const tls = credentials?.tls;
  if (!tls) return createFetch(authorities, env);
  const { followingFetch } = await import("./client-certificate.ts");
  // A login that replaces the certificate is followed like a file that is.
  const source = async () =>
    (login ? (await store.readProfile(login.name))?.credentials?.tls : undefined) ?? tls;
  const read = async () => {
    const { cert, key } = await source();
    return { cert: await readSecret(cert, env), key: await readSecret(key, env) };
  };
  const isCommand = tls.cert.from === "command" || tls.key.from === "command";
  return followingFetch(
    read,
    (pair) => createFetch({ ...authorities, ...pair }, env),
    isCommand ? COMMAND_FRESH_MS : FILE_FRESH_MS,
    (line) => command.output.step(line),
  );
}
