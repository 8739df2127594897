import { X509Certificate } from "node:crypto";
import { M2mcpError } from "../../failure.ts";
import { numericDateMs } from "../../moment.ts";
import { claimsOf } from "../claims.ts";
import { readAssertion, readClientSecret, readPem } from "../client/secrets.ts";
import type {
  AssertionSource,
  Client,
  Credentials,
  SecretSource,
  SignedAssertion,
  SigningSource,
} from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";

const DAY_MS = 24 * 3_600_000;
/** Who replaces it by hand wants to know so long before its end, in ms; of what lives shorter, a fifth of its life. */
const NOTICE_MS = 30 * DAY_MS;
/** What lives shorter is renewed by a program, which is late once this share of its life is over. */
const RENEWED_MS = 8 * DAY_MS;
const LATE = 0.85;

/** Something with an end. */
interface Ending {
  what: string;
  beganAtMs?: number | undefined;
  endsAtMs: number;
  /** What replaces it. */
  fix: string;
}

/**
 * When what proves the client ends, as far as it can be seen: certificates, files of tokens, secrets whose registration
 * says it. Undefined where nothing has an end that is known.
 */
export async function describeLife(
  deps: AuthDeps,
  credentials: Credentials,
): Promise<{ saw: string; fix?: string } | undefined> {
  const found: Ending[] = [];
  for (const read of readers(deps, credentials))
    try {
      found.push(...(await read()));
    } catch (error) {
      // What cannot be read is told by the step before.
      if (!(error instanceof M2mcpError)) throw error;
    }
  if (found.length === 0) return undefined;
  const nowMs = deps.now();
  const saw = found.map(({ what, endsAtMs }) => `${what} ${until(endsAtMs, nowMs)}`).join(", ");
  const fixes = [...new Set(found.flatMap((one) => (isSoon(one, nowMs) ? [one.fix] : [])))];
  return fixes.length === 0 ? { saw } : { saw, fix: fixes.join("; ") };
}

type Reader = () => Promise<Ending[]>;

/** All that may have an end; commands and platforms make anew what they give. */
function readers(deps: AuthDeps, credentials: Credentials): Reader[] {
  const { tls, assertion, subject, actor, identityProvider } = credentials;
  const ofTls: Reader[] =
    tls && "cert" in tls
      ? [() => certificate(deps, "client certificate", tls.cert, "client-cert=PATH client-key=PATH")]
      : [];
  return [
    ...ofTls,
    ...ofClient(deps, credentials, ""),
    ...(identityProvider ? ofClient(deps, identityProvider, "idp-") : []),
    ...(assertion ? ofAssertion(deps, assertion) : []),
    ...(subject ? [() => token(deps, "subject token", subject.source, "subject-token-file=PATH")] : []),
    ...(actor ? [() => token(deps, "actor token", actor.source, "actor-token-file=PATH")] : []),
  ];
}

function ofClient(deps: AuthDeps, { authentication }: Client, prefix: "" | "idp-"): Reader[] {
  const whose = prefix === "" ? "" : " at the identity provider";
  switch (authentication.kind) {
    case "secret":
      return [() => secret(deps, `secret${whose}`, authentication.secret, `${prefix}client-secret=-`)];
    case "private_key":
      return ofKey(deps, authentication, `${prefix}private-key=PATH ${prefix}certificate=PATH`);
    case "assertion": {
      const setting = `${prefix}client-assertion-file=PATH`;
      return [() => token(deps, `client assertion${whose}`, authentication.assertion, setting)];
    }
    case "tls":
    case "none":
      return [];
  }
}

const ofAssertion = (deps: AuthDeps, assertion: AssertionSource | SignedAssertion): Reader[] =>
  assertion.from === "signed"
    ? ofKey(deps, assertion, "private-key=PATH certificate=PATH")
    : [() => token(deps, "assertion", assertion, "client-assertion-file=PATH")];

const ofKey = (deps: AuthDeps, { certificate: source }: SigningSource, setting: string): Reader[] =>
  source ? [() => certificate(deps, "certificate of the key", source, setting)] : [];

async function certificate(
  { env }: AuthDeps,
  what: string,
  source: SecretSource,
  setting: string,
): Promise<Ending[]> {
  if (source.from === "command") return [];
  const [beganAtMs, endsAtMs] = validity(await readPem(source, env));
  return Number.isNaN(endsAtMs) ? [] : [{ what, beganAtMs, endsAtMs, fix: fixOf(what, source, setting) }];
}

/** From when to when a certificate is good, in ms since the epoch; NaN for what is none. */
function validity(pem: string): [beganAtMs: number, endsAtMs: number] {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return [Date.parse(validFrom), Date.parse(validTo)];
  } catch {
    return [Number.NaN, Number.NaN];
  }
}

async function token(
  deps: AuthDeps,
  what: string,
  source: AssertionSource,
  setting: string,
): Promise<Ending[]> {
  if (source.from !== "file" && source.from !== "value" && source.from !== "env") return [];
  const { exp, iat, nbf } = claimsOf(await readAssertion(source, "", deps)) ?? {};
  const endsAtMs = numericDateMs(exp);
  if (endsAtMs === undefined) return [];
  return [{ what, beganAtMs: numericDateMs(iat ?? nbf), endsAtMs, fix: fixOf(what, source, setting) }];
}

async function secret(
  deps: AuthDeps,
  what: string,
  source: SecretSource,
  setting: string,
): Promise<Ending[]> {
  if (source.from === "command") return [];
  const { endsAtMs } = await readClientSecret(source, deps);
  return endsAtMs === undefined ? [] : [{ what, endsAtMs, fix: fixOf(what, source, setting) }];
}

const fixOf = (what: string, { from }: { from: string }, setting: string): string =>
  from === "value"
    ? `put a new ${what} beside the old one at the server, then m2mcp config @NAME ${setting}: running bridges take it up`
    : `see that what puts the ${what} there renews it`;

function isSoon({ beganAtMs, endsAtMs }: Ending, nowMs: number): boolean {
  const leftMs = endsAtMs - nowMs;
  if (beganAtMs === undefined) return leftMs < NOTICE_MS;
  const lifeMs = endsAtMs - beganAtMs;
  if (lifeMs < RENEWED_MS) return nowMs - beganAtMs > lifeMs * LATE;
  return leftMs < Math.min(NOTICE_MS, lifeMs / 5);
}

/** `ends 2026-12-01, in 5 days`. */
function until(endsAtMs: number, nowMs: number): string {
  const days = Math.abs(endsAtMs - nowMs) / DAY_MS;
  const far =
    days >= 2
      ? `${Math.floor(days)} days`
      : days * 24 >= 2
        ? `${Math.floor(days * 24)} h`
        : `${Math.floor(days * 24 * 3600)} s`;
  const day = new Date(endsAtMs).toISOString().slice(0, 10);
  return endsAtMs > nowMs ? `ends ${day}, in ${far}` : `ended ${day}, ${far} ago`;
}
