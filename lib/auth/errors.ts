// Failures on the way to a token.
import { EXIT, M2mcpError } from "../failure.ts";
import { option } from "./option.ts";

export const insecureUrl = (what: string, { origin, hostname }: URL) =>
  new M2mcpError(
    "insecure_url",
    EXIT.usage,
    `${what} ${origin} is plain http: credentials and tokens would travel in the clear`,
    `use https; in a network that you trust, --allow-http ${hostname} allows it for this host`,
  );

const authError = (code: string, message: string, hint?: string) =>
  new M2mcpError(code, EXIT.auth, message, hint);

/** A server names an address on this machine or in its network, where it is not itself: nothing was sent there. */
export const directedInward = (what: string, host: string, server: string) =>
  authError(
    "directed_inward",
    `${server} names ${what} at ${host}, an address of this machine or its network; nothing was sent there`,
    `if that is right, name it yourself: ${option("issuer", "URL")} or ${option("token-endpoint", "URL")}`,
  );

/** The address answers, but not as an MCP endpoint does. */
export const notMcp = (host: string, status: number, type: string | undefined) =>
  new M2mcpError(
    "not_mcp",
    EXIT.server,
    `${host} answers with HTTP status ${status}${type ? ` and ${type}` : ""}: there is no MCP endpoint at this address`,
    "check the path, often /mcp; a proxy or a sign-in page may stand in the way",
  );

/** On the way to a token. */
export const unreachable = (host: string, reason: string, hint: string) =>
  new M2mcpError("connection_failed", EXIT.network, `cannot reach ${host}: ${reason}`, hint);

/** @param to within the origin, where it was followed; undefined where it leads elsewhere */
export const metadataRedirects = (url: string, to?: string) =>
  authError(
    "redirect",
    to === undefined
      ? `${url} redirects; redirects to another origin are not followed on the way to a token`
      : `${url} redirects to ${to}, where there is no metadata`,
    `tell the owner of the server, or give ${option("token-endpoint", "URL")}`,
  );

export const invalidMetadata = (what: string, why: string) =>
  authError("invalid_metadata", `${what} ${why}`, "tell the owner of the server");

export const noMetadata = (where: string) =>
  authError(
    "no_metadata",
    `no authorization metadata was found at ${where}`,
    `give ${option("token-endpoint", "URL")} to go without it`,
  );

/** @param why what stood in the way of finding one, where something did: it decides who is to mend it */
export const noAuthorizationServer = (server: string, why?: M2mcpError) =>
  new M2mcpError(
    "no_authorization_server",
    why?.exitCode ?? EXIT.auth,
    `${server} names no authorization server${why === undefined ? "" : `: ${why.message}`}`,
    why?.exitCode === EXIT.server
      ? why.hint
      : `give ${option("issuer", "URL")} or ${option("token-endpoint", "URL")}`,
  );

/** @param named what the metadata calls itself; undefined where it says nothing fit to show */
export const issuerMismatch = (asked: string, named: string | undefined) =>
  authError(
    "issuer_mismatch",
    `the metadata of ${asked} names another issuer: ${named ?? "none"}; nothing was sent there`,
    named !== undefined && named.replace(/\/$/, "") === asked.replace(/\/$/, "")
      ? `the two differ in the slash at the end alone: --issuer ${named} takes the metadata's spelling`
      : `the two must be identical: tell the owner of the authorization server, or give ${option("token-endpoint", "URL")}`,
  );

export const issuerMoved = (server: string, recorded: string, named: string) =>
  authError(
    "issuer_moved",
    `${server} now names the authorization server ${named}, but the credentials are for ${recorded}; nothing was sent`,
    `if the move is right, approve it: m2mcp login ${server} with the credentials for the new one, or --issuer ${named} where no login is kept`,
  );

/** The same id and secret were taken by another issuer: they may be another entry's. */
export const issuerOfSecret = (server: string, taken: string, named: string) =>
  authError(
    "issuer_of_secret",
    `${server} names the authorization server ${named}, but these credentials are ${taken}'s, which took them before; nothing was sent`,
    `if they are for both, say so with --issuer ${named} (M2MCP_ISSUER); else give this server's own credentials, or none`,
  );

/** @param named undefined where it names none */
export const resourceMismatch = (server: string, named: string | undefined) =>
  authError(
    "resource_mismatch",
    `the metadata of ${server} is about another resource: ${named ?? "it names none"}`,
    named === undefined
      ? `tell the owner of the server, or give ${option("issuer", "URL")} or ${option("token-endpoint", "URL")}`
      : "use the address that it names, if you trust it",
  );

export const secretUnreadable = (what: string, why: string) =>
  authError("secret_unreadable", `cannot read ${what}: ${why}`, "check the path and its permissions");

export const noPlatformToken = (platform: string, why: string, hint: string) =>
  authError("secret_unreadable", `${platform} gives no identity token: ${why}`, hint);

export const commandFailed = (why: string) =>
  authError(
    "command_failed",
    `the command that should print the secret failed: ${why}`,
    "run it by hand to see why",
  );

export const badKey = (why: string) =>
  authError(
    "bad_key",
    `the private key cannot be used: ${why}`,
    "give a PEM or JWK private key with --private-key; for an encrypted one also its passphrase",
  );

export const noProofAlgorithm = (offered: string[]) =>
  authError(
    "no_proof_algorithm",
    `the server wants proofs of possession (DPoP) with an algorithm not known here: ${offered.join(", ")}`,
    "update m2mcp, or ask the server's owner to take ES256",
  );

/** The authorization server refused (RFC 6749 §5.2): its words, with what may mend it. */
export const tokenRefused = (host: string, error: string, description: string | undefined, hint: string) =>
  authError(
    error === "invalid_scope" ? "scope_refused" : "token_refused",
    `${host} refused to issue a token: ${error}${description ? ` (${description})` : ""}`,
    hint,
  );

export const badTokenAnswer = (host: string, why: string) =>
  authError(
    "bad_token_answer",
    `${host} gave no usable token: ${why}`,
    "check --token-endpoint and the server's metadata; m2mcp doctor shows each step",
  );

/** `--dpop` insists on what the authorization server does not do. */
export const notBound = (host: string) =>
  authError(
    "not_bound",
    `${host} gave a token that is not bound to a key, as --dpop insists`,
    "leave out --dpop, or have the authorization server switched to DPoP for this client",
  );

/** The authorization server is busy, for longer than can be waited. */
export const askedToWait = (host: string, status: number, seconds: number, again: string) =>
  new M2mcpError(
    "busy",
    EXIT.server,
    `${host} answered with HTTP status ${status} and asks to wait ${seconds} s`,
    `try again after ${again}`,
  );

export const tokenNotAccepted = (host: string, why: string) =>
  authError(
    "not_authorized",
    `${host} does not accept the token it was given: ${why}`,
    `check ${option("scope")} and ${option("resource")}, and what the client is allowed to do`,
  );

export const loginNeeded = (server: string) =>
  authError(
    "login_needed",
    `${server} wants authorization`,
    `m2mcp login ${server} --client-id ID --client-secret SECRET; in a host's entry, M2MCP_CLIENT_ID and M2MCP_CLIENT_SECRET`,
  );

/** The profile was removed while a process used it. */
export const loggedOut = (name: string, server: string) =>
  authError(
    "logged_out",
    `the login @${name} was removed, so no more tokens are asked for with it`,
    `m2mcp login ${server} @${name} makes it again; a running bridge takes it up by itself`,
  );

export const stepUpRefused = (host: string, scopes: string, why: string) =>
  authError(
    "step_up_refused",
    `${host} wants more scopes for this call (${scopes}), and they are not granted: ${why}`,
    "the client must be allowed them at the authorization server; other calls go on with the token there is",
  );

export const accessForbidden = (host: string, why: string) =>
  authError(
    "forbidden",
    `${host} forbids the call: ${why}`,
    "ask the server's owner for access, or m2mcp login again with --scope",
  );
