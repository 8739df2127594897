// What TLS shows and trusts: files, commands and SPIFFE, followed while they change.
import { readPem } from "../../../auth/client/secrets.ts";
import type { Credentials, SecretSource } from "../../../auth/credentials.ts";
import { type X509Source, x509Source } from "../../../auth/platforms/spiffe/x509-source.ts";
import type { Command } from "../../../command-line/command.ts";
import { svidLimitMs } from "../../credentials/svid.ts";
import { timedStep } from "../../timed-step.ts";
import type { Target } from "../target.ts";
import type { TlsMaterial } from "./client-certificate.ts";

/** How long a client certificate from a file counts, in ms. */
const FILE_FRESH_MS = 5000;
/** The same where a command yields it, which costs more than a file. */
const COMMAND_FRESH_MS = 60_000;

/** What TLS shows and trusts, and how long what was read of it counts. */
export interface FollowedMaterial {
  read(): Promise<TlsMaterial>;
  freshMs: number;
}

/** Where the client certificate of a target comes from, and the trust bundle of SPIFFE where --ca names it. */
export function tlsMaterial(command: Command, target: Target): FollowedMaterial {
  const { env } = command.io;
  const source = tlsSource(target);
  const svidOf = svidSources(command);
  const isBundleWanted = target.ca === "spiffe";
  return {
    freshMs: freshness(target),
    async read() {
      const tls = await source();
      const isSvid = tls !== undefined && "from" in tls;
      const svid =
        isSvid || isBundleWanted ? await svidOf(isSvid ? tls.identity : undefined).current() : undefined;
      const ca = isBundleWanted && svid ? { ca: svid.bundle } : {};
      if (isSvid && svid) return { cert: svid.cert, key: svid.key, ...ca };
      if (!tls || isSvid) return ca;
      return { cert: await readPem(tls.cert, env), key: await readPem(tls.key, env), ...ca };
    },
  };
}

/** A login that replaces the certificate is followed like a file that is. */
function tlsSource({ credentials, login, store }: Target): () => Promise<Credentials["tls"]> {
  let known = credentials?.tls;
  let knownAtMs = performance.now();
  return async () => {
    if (!login || !known || performance.now() - knownAtMs < FILE_FRESH_MS) return known;
    known = (await store.readProfile(login.name))?.credentials?.tls ?? known;
    knownAtMs = performance.now();
    return known;
  };
}

/** One stream for each identity, whose last SVID is at hand at once. */
function svidSources(command: Command): (identity: string | undefined) => X509Source {
  const sources = new Map<string | undefined, X509Source>();
  const means = { env: command.io.env, timeoutMs: svidLimitMs(command.options), log: timedStep(command) };
  return (identity) => {
    const source = sources.get(identity) ?? x509Source(identity, means);
    sources.set(identity, source);
    return source;
  };
}

function freshness({ credentials, ca }: Target): number {
  const tls = credentials?.tls;
  // The stream brings what is new.
  if (ca === "spiffe" || !tls || "from" in tls) return 0;
  const isCommand = (secret: SecretSource) => secret.from === "command";
  return isCommand(tls.cert) || isCommand(tls.key) ? COMMAND_FRESH_MS : FILE_FRESH_MS;
}
