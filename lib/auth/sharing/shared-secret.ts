// The secret that all members of a fleet have: what they share is sealed with it, so that nobody gets by a cache what the
// secret itself would not give.
import type { Credentials, KeySource, SecretSource, SigningSource, TokenOrigin } from "../credentials.ts";
import { platformNamed } from "../platforms/names.ts";

type Environment = Record<string, string | undefined>;

/** What can be shared, with what it is sealed, and what tells it apart. */
export type Sharing =
  | {
      kind: "shared";
      secret: { text: string; isRandom: boolean };
      /** Whether the same secret is found as long as the credentials and their files are the same. */
      isOfCredentials: boolean;
      parts: readonly unknown[];
    }
  /** @property why as the end of "a cache cannot be used: …" */
  | { kind: "own"; why: string };

const own = (why: string): Sharing => ({ kind: "own", why });

/**
 * How tokens of these credentials are shared.
 *
 * @param server the resource that they are for
 * @param env whose M2MCP_PASSPHRASE counts where the credentials hold no secret that others have too
 * @throws M2mcpError secret_unreadable, command_failed, bad_key
 */
export async function readSharing(
  origin: TokenOrigin,
  { server, env }: { server: string; env: Environment },
): Promise<Sharing> {
  if (origin.grant === null) return own("something else makes the tokens, and no request is spared");
  const { grant, subject, actor, identityProvider, assertion, authentication, tls } = origin;
  if (subject || actor || identityProvider)
    return own("the tokens are about the person whose token is given");
  if (grant === "jwt-bearer" && assertion?.from !== "signed")
    return own("the tokens are about whom the assertion names, and each machine has its own");
  if (authentication.kind === "assertion" && origin.clientId === "")
    return own("the assertion names the client, and each machine has its own");
  if (tls && "from" in tls) return own("each process has a certificate of its own");
  const secret = await secretOf(origin, env);
  const text = secret?.text ?? env.M2MCP_PASSPHRASE;
  if (!text) return own("the credentials hold no secret that others have too; M2MCP_PASSPHRASE can be it");
  return {
    kind: "shared",
    secret: { text, isRandom: secret?.isRandom ?? false },
    isOfCredentials: secret !== undefined,
    parts: [...partsOf(origin, server), tls ? await thumbprint(tls.cert, env) : null],
  };
}

/**
 * What credentials hold that all who have the same have: the client's secret, or the private number of its key.
 *
 * @throws M2mcpError secret_unreadable, command_failed, bad_key
 */
export async function secretOf(
  { authentication, assertion, tls }: Credentials,
  env: Environment,
): Promise<{ text: string; isRandom: boolean } | undefined> {
  if (authentication.kind === "secret") {
    const { readClientSecret } = await import("../client/secrets.ts");
    const { secret: text } = await readClientSecret(authentication.secret, { env });
    return { text, isRandom: looksRandom(text) };
  }
  const signing = [authentication, assertion].find(
    (one) => one !== undefined && "key" in one && isReadable(one.key),
  );
  if (signing && "key" in signing && isReadable(signing.key))
    return { text: await privatePart({ ...signing, key: signing.key }, env), isRandom: true };
  if (authentication.kind === "tls" && tls && !("from" in tls))
    return { text: await privatePart({ key: tls.key }, env), isRandom: true };
  return undefined;
}

/** What a machine makes as a secret has at least so many characters, and so many different ones. */
const RANDOM_LENGTH = 32;
const RANDOM_DISTINCT = 12;
/** How often one kind of character (small, capital, digit, other) follows another: nearly every second time by chance. */
const RANDOM_CHANGES = 0.35;

/** Whether a secret was made by a machine, as authorization servers do: nobody finds it by trying. */
export function looksRandom(secret: string): boolean {
  if (secret.length < RANDOM_LENGTH || new Set(secret).size < RANDOM_DISTINCT) return false;
  const kinds = [...secret].map((one) =>
    /[a-z]/.test(one) ? "a" : /[A-Z]/.test(one) ? "A" : /[0-9]/.test(one) ? "0" : "-",
  );
  const changes = kinds.filter((kind, at) => at > 0 && kind !== kinds[at - 1]).length;
  return changes >= RANDOM_CHANGES * (secret.length - 1);
}

const isReadable = (source: KeySource): source is SecretSource =>
  source.from === "value" || source.from === "file" || source.from === "command";

/** The private number of a key: the same in whatever form the key is kept. */
async function privatePart(
  { key, passphrase, keyId }: Omit<SigningSource, "key"> & { key: SecretSource },
  env: Environment,
): Promise<string> {
  const { readPem, readSecret } = await import("../client/secrets.ts");
  const { readPrivateKey } = await import("../client/private-key.ts");
  const word = passphrase && (await readSecret(passphrase, env));
  const { jwk } = readPrivateKey(await readPem(key, env), word, keyId);
  return JSON.stringify([jwk.kty, jwk.crv, jwk.d]);
}

/** What tells tokens apart that one secret gets. */
function partsOf(credentials: Credentials, server: string): readonly unknown[] {
  const { grant, clientId, authentication, assertion, scope, tokenEndpoint, resource, audience } =
    credentials;
  const { tokenParams, dpop, assertionAudience } = credentials;
  const given = authentication.kind === "assertion" ? authentication.assertion : undefined;
  // Where a file lies makes no difference.
  const platform = given && platformNamed(given.from) ? Object.entries(given).sort().flat() : null;
  return [
    server,
    [grant, clientId, authentication.kind, platform],
    assertion?.from === "signed" ? (assertion.subject ?? "") : null,
    [scope ?? null, tokenEndpoint ?? null, resource === undefined ? "" : resource, audience ?? null],
    [tokenParams ?? [], dpop ?? false, assertionAudience ?? null],
  ];
}

/** Tokens may be bound to the certificate (RFC 8705 §3): who has another cannot use them. */
async function thumbprint(source: SecretSource, env: Environment): Promise<string> {
  const { readPem } = await import("../client/secrets.ts");
  const { readCertificate } = await import("../client/private-key.ts");
  return readCertificate(await readPem(source, env)).fingerprint256;
}
