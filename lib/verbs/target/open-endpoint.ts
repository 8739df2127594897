import { type ClosableAuthorization, createAuthorization } from "../../auth/authorization/authorization.ts";
import { noAuthorization } from "../../auth/authorization/no-authorization.ts";
import type { AuthDeps } from "../../auth/deps.ts";
import { usedExtensions } from "../../auth/extensions.ts";
import type { Command } from "../../command-line/command.ts";
import { timeoutMs } from "../../command-line/option-values.ts";
import { M2mcpError } from "../../failure.ts";
import type { Endpoint } from "../../mcp/protocol/endpoint.ts";
import type { Telemetry } from "../../observation/telemetry/telemetry.ts";
import { traceOf } from "../../observation/trace-context.ts";
import { type Observation, observationOf } from "../observation/observation.ts";
import { guardOf } from "../policy/guard-of.ts";
import { timedStep } from "../timed-step.ts";
import { namingVariables } from "../variables.ts";
import { authDeps, fetchFor } from "./auth-deps.ts";
import { expandHeaders } from "./headers.ts";
import type { Target } from "./target.ts";

/** Silence after which the server counts as gone, and how long a cut connection is opened again, in ms. */
export interface Limits {
  timeoutMs: number;
  /** For the first exchange, unless the user gave a limit; as `timeoutMs` where absent. */
  connectTimeoutMs?: number;
  reconnectMs: number;
}

/** A person or a script waits: a minute is long, and what fails is better said at once. */
export const ONE_OFF: Limits = { timeoutMs: 60_000, reconnectMs: 0 };
/**
 * A host waits, and keeps its own limits: tools may work for minutes. Hosts give up on a silent start after 30 s and
 * leave us behind, so that has to be told before.
 */
export const BRIDGE: Limits = { timeoutMs: 600_000, connectTimeoutMs: 25_000, reconnectMs: 5000 };

/** An endpoint whose authorization may have work in the background, which `end` brings to its end. */
export interface OpenEndpoint extends Endpoint {
  /** What is measured, where something is. */
  telemetry?: Telemetry | undefined;
  end(): Promise<void>;
}

/** The endpoint of a target, ready for the protocol code. */
export async function openEndpoint(command: Command, target: Target, limits: Limits): Promise<OpenEndpoint> {
  const { cache, credentials, server, login } = target;
  const observation = await observationOf(command, target);
  // The first request wants it; a store that this has not opened yet is left alone until then.
  if (target.profile) void cache.readAuth();
  const plain = await fetchFor(command, target);
  const fetch = observation?.fetch?.(plain) ?? plain;
  const deps = observed(await authDeps(command, target, fetch), observation);
  const authorization: ClosableAuthorization = credentials
    ? createAuthorization(deps, { server: login?.server ?? server, credentials })
    : noAuthorization(server, deps.headerValues);
  const trace = traceOf(command.io.env);
  return {
    url: server,
    headers: expandHeaders(target.headers, command.io.env),
    authorization: inWordsFor(command, authorization),
    extensions: usedExtensions(credentials),
    fetch,
    ...(target.protocol === undefined ? {} : { protocol: target.protocol }),
    cache: cache.server(server),
    ...timeouts(command, target, limits),
    ...(trace ? { trace } : {}),
    reconnectMs: limits.reconnectMs,
    ...(await guardOf(command, target)),
    ...(observation?.observe ? { observe: observation.observe } : {}),
    verbose: command.options.on("verbose"),
    log: timedStep(command),
    telemetry: observation?.telemetry,
    async end() {
      await authorization.end();
      await observation?.end();
    },
  };
}

const observed = (deps: AuthDeps, observation: Observation | undefined): AuthDeps =>
  observation?.auth ? { ...deps, ...observation.auth(deps) } : deps;

function timeouts(
  { options }: Command,
  { profile, login }: Target,
  { timeoutMs: usual, connectTimeoutMs }: Limits,
) {
  const given = timeoutMs(options) ?? profile?.timeoutMs ?? login?.timeoutMs;
  if (given !== undefined) return { timeoutMs: given };
  return { timeoutMs: usual, ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }) };
}

/** An authorization whose failures name what the user of this command can set. */
const inWordsFor = (command: Command, authorization: ClosableAuthorization): ClosableAuthorization => ({
  ...authorization,
  headers: (ask) =>
    authorization.headers(ask).catch((error: unknown) => {
      throw error instanceof M2mcpError ? namingVariables(command, error) : error;
    }),
});
