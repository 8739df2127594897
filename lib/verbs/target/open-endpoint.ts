import { type ClosableAuthorization, createAuthorization } from "../../auth/authorization/authorization.ts";
import { noAuthorization } from "../../auth/authorization/no-authorization.ts";
import { usedExtensions } from "../../auth/extensions.ts";
import type { Command } from "../../command-line/command.ts";
import { timeoutMs } from "../../command-line/option-values.ts";
import type { Endpoint } from "../../mcp/protocol/endpoint.ts";
import { authDeps, fetchFor } from "./auth-deps.ts";
import { expandHeaders } from "./headers.ts";
import type { Target } from "./target.ts";

/** Silence after which the server counts as gone, and how long a cut connection is opened again, in ms. */
export interface Limits {
  timeoutMs: number;
  reconnectMs: number;
}

/** A person or a script waits: a minute is long, and what fails is better said at once. */
export const ONE_OFF: Limits = { timeoutMs: 60_000, reconnectMs: 0 };
/** A host waits, and keeps its own limits: tools may work for minutes. */
export const BRIDGE: Limits = { timeoutMs: 600_000, reconnectMs: 5000 };

/** An endpoint whose authorization may have work in the background, which `end` brings to its end. */
export type OpenEndpoint = Endpoint & { end(): Promise<void> };

/** The endpoint of a target, ready for the protocol code. */
export async function openEndpoint(command: Command, target: Target, limits: Limits): Promise<OpenEndpoint> {
  const { cache, credentials, server, login } = target;
  const fetch = await fetchFor(command, target);
  const deps = await authDeps(command, target, fetch);
  const authorization: ClosableAuthorization = credentials
    ? createAuthorization(deps, { server: login?.server ?? server, credentials })
    : noAuthorization(server);
  return {
    url: server,
    headers: expandHeaders(target.headers, command.io.env),
    authorization,
    extensions: usedExtensions(credentials),
    fetch,
    ...(target.protocol === undefined ? {} : { protocol: target.protocol }),
    cache: cache.server(server),
    timeoutMs: timeoutMs(command.options) ?? limits.timeoutMs,
    reconnectMs: limits.reconnectMs,
    log: (line) => command.output.step(line),
    end: () => authorization.end(),
  };
}
