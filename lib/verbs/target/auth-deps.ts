import type { AuthDeps } from "../../auth/deps.ts";
import { loggedOut } from "../../auth/errors.ts";
import type { Command } from "../../command-line/command.ts";
import { timeoutMs } from "../../command-line/option-values.ts";
import { USER_AGENT } from "../../command-line/version.ts";
import { createFetch } from "../../platform/http/fetch.ts";
import { sha256 } from "../../platform/runtime/digest.ts";
import { timedStep } from "../timed-step.ts";
import { readAuthorities } from "./authorities.ts";
import { expandableHeaders, withServerHeaders } from "./headers.ts";
import type { Cache } from "./saved.ts";
import { fileStates } from "./sharing/file-states.ts";
import { variableValues } from "./sharing/variables-read.ts";
import type { Target } from "./target.ts";

/** For one exchange with an authorization server, in ms: one that says nothing for so long is down. */
const AUTH_TIMEOUT_MS = 10_000;
/** Verbs that get tokens all day. */
const LASTING = ["bridge", "serve"];
/** Variables by which the runtime finds its way to a server, in either case. */
const ROUTE_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS"];

/**
 * What the authorization code is given: the one place where it meets the store and the network.
 *
 * @param plain the target's `fetch`, where there is one already
 */
export async function authDeps(command: Command, target: Target, plain?: typeof fetch): Promise<AuthDeps> {
  const { store, login, takenBy } = target;
  const { env, now } = command.io;
  const reach = plain ?? (await fetchFor(command, target));
  const headers = expandableHeaders(target.headers, env);
  return {
    fetch: withServerHeaders(reach, target.server, headers),
    headerValues: headers.map(([, value]) => value),
    now,
    env,
    ...(await stateOf(command, target)),
    timeoutMs: timeoutMs(command.options) ?? AUTH_TIMEOUT_MS,
    allowHttp: target.allowHttp,
    log: timedStep(command),
    // A bridge gets tokens all day, and its host shows what it says.
    ...(LASTING.includes(command.verb) ? {} : { tell: (line: string) => command.output.note(line) }),
    route: () => routeOf(command, target),
    ...(takenBy ? { takenBy: issuerMemory(command, takenBy) } : {}),
    ...(login
      ? {
          async reload() {
            const saved = await store.readProfile(login.name);
            // Who logs out means running bridges too.
            if (!saved?.credentials) throw loggedOut(login.name, login.server);
            return saved.credentials;
          },
        }
      : {}),
  };
}

/** The state that processes share: in the store of this machine, and in a cache that others have too where one is named. */
async function stateOf(
  command: Command,
  target: Target,
): Promise<Pick<AuthDeps, "read" | "write" | "withLock">> {
  const { readAuth: read, changeAuth: write, withLock } = target.cache;
  if (!target.sharedCache || !target.credentials) return { read: () => read(), write, withLock };
  const { sharedState } = await import("./sharing/shared-state.ts");
  return sharedState(command, target, target.sharedCache);
}

/** A `fetch` with the target's certificates and the proxies of the environment. */
export async function fetchFor(command: Command, target: Target): Promise<typeof fetch> {
  const { env } = command.io;
  const { ca, credentials } = target;
  const fixed = {
    userAgent: USER_AGENT,
    warn: (line: string) => command.output.warn(line),
    ...(ca === undefined || ca === "spiffe" ? {} : { ca: await readAuthorities(command, ca) }),
  };
  if (!credentials?.tls && ca !== "spiffe") return createFetch(fixed, env);
  const { followingFetch } = await import("./tls/client-certificate.ts");
  const { tlsMaterial } = await import("./tls/tls-material.ts");
  const { read, freshMs } = tlsMaterial(command, target);
  return followingFetch(
    read,
    (material) => createFetch({ ...fixed, ...material }, env),
    freshMs,
    timedStep(command),
  );
}

/** What the route to the servers depends on, as a digest: a proxy's address may hold a password. */
async function routeOf(
  { io, options }: Command,
  { headers, allowHttp, ca, credentials, store }: Target,
): Promise<string> {
  const proxies = ROUTE_VARIABLES.map((name) => [io.env[name], io.env[name.toLowerCase()]]);
  // A secret that was mended in its file is another one.
  const files = await fileStates(credentials);
  // So is one in a variable, which a digest alone would let others guess.
  const values = variableValues(credentials, io.env);
  const variables = values.length === 0 ? "" : await store.stateId(values).catch(() => crypto.randomUUID());
  const parts = [proxies, timeoutMs(options), headers, allowHttp, ca, files, variables];
  return sha256(JSON.stringify(parts), "base64url");
}

/**
 * Which issuer took these credentials, at whatever server. A bridge writes it down: it is started by a host's entry,
 * whose variables are meant for its server, and hosts mix them up. A command that a person types names both at once,
 * often as a trial; it only heeds what is written.
 */
const issuerMemory = ({ verb }: Command, cache: Cache): NonNullable<AuthDeps["takenBy"]> => ({
  read: async () => (await cache.readAuth())?.takenBy,
  async write(issuer) {
    if (!LASTING.includes(verb)) return;
    await cache.changeAuth(({ takenBy: _, ...old }) =>
      issuer === undefined ? old : { ...old, takenBy: issuer },
    );
  },
});
