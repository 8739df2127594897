import type {
  AssertionSource,
  ClientAuthentication,
  Credentials,
  GivenToken,
  IdentityProvider,
  ReadyToken,
  SignedAssertion,
  SigningSource,
  TlsSource,
  TokenOrigin,
  TokenSource,
} from "../../auth/credentials.ts";
import { requireSecure } from "../../auth/discovery/url.ts";
import { platformNamed } from "../../auth/platforms/names.ts";
import { isObject, type JsonObject, objectOf } from "../../json.ts";
import { GRANTS } from "../credentials/credential-options.ts";
import { MISSING } from "./document.ts";
import { type Fields, fieldsOf, notOurs } from "./fields.ts";

/**
 * The credentials of a profile in a file, without any place of a secret: what the file names as one is not looked at.
 *
 * @throws M2mcpError (exit 1) naming the member that is not right
 */
export function credentialsOf(value: unknown, name: string, allowHttp: string[] = []): TokenOrigin {
  if (!isObject(value)) throw notOurs(`the credentials of @${name} are no object`);
  const at = fieldsOf(value, `the credentials of @${name}`);
  if (value.grant === null) return readyTokenOf(value, at);
  const grant = GRANTS.find((known) => known === value.grant);
  if (!grant) throw at.wrong("grant");
  const resource = value.resource === null ? null : at.text("resource");
  const [scope, audience] = [at.text("scope"), at.text("audience")];
  return {
    grant,
    ...clientOf(value, at, allowHttp),
    ...(resource === undefined ? {} : { resource }),
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
    ...(value.dpop === true ? { dpop: true } : {}),
    ...(value.tls === undefined ? {} : { tls: tlsOf(value.tls) }),
    ...(value.assertion === undefined ? {} : { assertion: assertionOf(value.assertion) }),
    ...exchangeOf(value, at, allowHttp),
  };
}

/** What is exchanged for a token, and by whom. */
function exchangeOf(value: JsonObject, at: Fields, allowHttp: string[]): Partial<Credentials> {
  const requested = at.text("requestedTokenType");
  const { subject, actor } = value;
  const provider = objectOf(value.identityProvider);
  const ofProvider = fieldsOf(provider, "the identity provider");
  return {
    ...(subject === undefined ? {} : { subject: tokenOf(subject) }),
    ...(actor === undefined ? {} : { actor: tokenOf(actor) }),
    ...(requested === undefined ? {} : { requestedTokenType: requested }),
    ...(value.identityProvider === undefined
      ? {}
      : { identityProvider: clientOf(provider, ofProvider, allowHttp) }),
  };
}

function tokenOf(value: unknown): GivenToken {
  const { source, ...rest } = objectOf(value);
  const type = fieldsOf(rest, "a token to exchange").text("type");
  return { source: sourceOf(source), ...(type === undefined ? {} : { type }) };
}

/** A client as an authorization server knows it, and where that one is: the server's own, or an identity provider. */
function clientOf(value: JsonObject, at: Fields, allowHttp: string[]): IdentityProvider {
  const address = (field: string) => at.read(field, (text) => requireSecure(text, field, allowHttp) && text);
  const [issuer, tokenEndpoint] = [address("issuer"), address("tokenEndpoint")];
  const assertionAudience = at.text("assertionAudience");
  const clientAssertionType = at.text("clientAssertionType");
  return {
    clientId: value.clientId === "" ? "" : (at.text("clientId") ?? ""),
    authentication: authenticationOf(value.authentication, at),
    ...(issuer === undefined ? {} : { issuer }),
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
    ...(assertionAudience === undefined ? {} : { assertionAudience }),
    ...(clientAssertionType === undefined ? {} : { clientAssertionType }),
  };
}

function assertionOf(value: unknown): AssertionSource | SignedAssertion {
  const assertion = objectOf(value);
  if (assertion.from !== "signed") return sourceOf(value);
  const subject = fieldsOf(assertion, "the assertion").text("subject");
  return { from: "signed", ...(subject === undefined ? {} : { subject }), ...keyOf(assertion) };
}

/** A key that is given anew on this machine. */
function keyOf(value: JsonObject): SigningSource {
  const own = fieldsOf(value, "the key");
  const [keyId, signingAlg] = [own.text("keyId"), own.text("signingAlg")];
  return { key: MISSING, ...(keyId ? { keyId } : {}), ...(signingAlg ? { signingAlg } : {}) };
}

/** An X.509-SVID is no secret of the file's either. */
function tlsOf(value: unknown): TlsSource {
  const source = objectOf(value);
  if (source.from !== "spiffe") return { cert: MISSING, key: MISSING };
  const identity = fieldsOf(source, "the X.509-SVID").text("identity");
  return { from: "spiffe", ...(identity === undefined ? {} : { identity }) };
}

/**
 * A token that something else makes. One of this machine's platform is sent as it is, so that it is for the server that
 * it goes to: a file could else name any server, and whom to fool with what it gets.
 */
function readyTokenOf(value: JsonObject, at: Fields): ReadyToken {
  const { lifetimeMs } = value;
  const audience = at.text("audience");
  return {
    grant: null,
    token: audience === undefined ? sourceOf(value.token) : MISSING,
    ...(typeof lifetimeMs === "number" && lifetimeMs > 0 ? { lifetimeMs } : {}),
    ...(value.tls === undefined ? {} : { tls: tlsOf(value.tls) }),
  };
}

/** A platform's token is no secret of the file's: this machine has its own. */
function sourceOf(value: unknown): TokenSource {
  const source = objectOf(value);
  const from = platformNamed(source.from);
  if (from === undefined) return MISSING;
  const { lifetimeS } = source;
  const at = fieldsOf(source, "the platform's identity");
  const [named, signingAlg] = [at.text("identity"), at.text("signingAlg")];
  // A variable or a file of this machine is not for others to name.
  const identity = from === "gitlab" || named?.startsWith("/") ? undefined : named;
  return {
    from,
    ...(identity === undefined ? {} : { identity }),
    ...(typeof lifetimeS === "number" && lifetimeS > 0 ? { lifetimeS } : {}),
    ...(signingAlg === undefined ? {} : { signingAlg }),
  };
}

function authenticationOf(value: unknown, at: Fields): ClientAuthentication {
  const { kind, method, assertion } = objectOf(value);
  switch (kind) {
    case "secret":
      if (method !== undefined && method !== "client_secret_basic" && method !== "client_secret_post")
        throw at.wrong("authentication");
      return { kind, secret: MISSING, ...(method === undefined ? {} : { method }) };
    case "private_key":
      return { kind, ...keyOf(objectOf(value)) };
    case "assertion":
      return { kind, assertion: sourceOf(assertion) };
    case "tls":
    case "none":
      return { kind };
    default:
      throw at.wrong("authentication");
  }
}
