/** Process exit codes, as documented in the README. */
export const EXIT = { done: 0, usage: 1, server: 2, network: 3, auth: 4, store: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Text for a person, with what may be secret in URLs left out: user name and password, and the values of the query,
 * where some servers want a key.
 */
export const withoutUrlSecrets = (text: string): string =>
  text.replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>`]*[^\s"'<>`:;,.)\]]/gi, (url) => {
    const [, start = "", query = ""] = /^([^?#]*)(.*)$/s.exec(url) ?? [];
    return (
      start.replace(/^([^:]*:\/\/)[^/]*@/, "$1…@") +
      query.replace(/([?&#][^=&#]*=)[^&#]+/g, "$1…").replace(/([?&#])[^=&#…]+(?=[&#]|$)/g, "$1…")
    );
  });

/**
 * The only error class a user meets: what happened (`message`), what to try next (`hint`), a stable `code`
 * for programs and the exit code. Messages never hold a secret or a token, and `cause` is never set: it could.
 */
export class M2mcpError extends Error {
  override readonly name = "M2mcpError";
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  /** @param verbatim the message is a server's own words, which must reach the user as they are */
  constructor(code: string, exitCode: ExitCode, message: string, hint?: string, verbatim = false) {
    super(verbatim ? message : withoutUrlSecrets(message));
    this.code = code;
    this.exitCode = exitCode;
    this.hint = hint === undefined ? undefined : withoutUrlSecrets(hint);
  }
}

// — wrong usage —

export const wrongUsage = (message: string, hint?: string) =>
  new M2mcpError("usage", EXIT.usage, message, hint);

// — network —

export const connectionFailed = (what: string, reason: string) =>
  new M2mcpError(
    "connection_failed",
    EXIT.network,
    `cannot reach ${what}: ${reason}`,
    "check the address, the network and the proxy settings",
  );

export const timedOut = (what: string, timeoutMs: number) =>
  new M2mcpError(
    "timeout",
    EXIT.network,
    `${what} did not answer within ${timeoutMs / 1000} s`,
    "try again, or give it longer with --timeout SECONDS",
  );

/** The server keeps talking, but the answer does not come: a limit on the whole, besides the one on silence. */
export const tookTooLong = (what: string, limitMs: number) =>
  new M2mcpError(
    "timeout",
    EXIT.network,
    `${what} kept the request open for ${limitMs / 1000} s without answering it`,
    "check the outcome, then try again; --timeout SECONDS gives it six times as long in all",
  );

/** Each subscription holds a connection; more of them would leave none for requests. */
export const tooManySubscriptions = (most: number) =>
  new M2mcpError(
    "subscriptions",
    EXIT.usage,
    `${most} subscriptions are open already, and each needs a connection of its own`,
    "cancel one first, or put what is wanted into one subscriptions/listen",
  );

/** The connection was refused: the server cannot have seen the request, so it may be sent again. */
export const connectionRefused = (what: string) =>
  new M2mcpError(
    "connection_refused",
    EXIT.network,
    `${what} refused the connection`,
    "check the address and the port, and that the server is running",
  );

export const proxyRefused = (proxy: string, status: number) =>
  new M2mcpError(
    "proxy_refused",
    EXIT.network,
    `the proxy ${proxy} refused to pass the request on${Number.isNaN(status) ? "" : `: HTTP status ${status}`}`,
    status === 407
      ? "it wants a user name and password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
      : "ask its owner, or name the server in NO_PROXY to go without it",
  );

export const proxyFailed = (proxy: string, why: string) =>
  new M2mcpError(
    "proxy_failed",
    EXIT.network,
    `cannot use the proxy ${proxy}: ${why}`,
    "check HTTPS_PROXY and HTTP_PROXY; NO_PROXY names servers to reach without it",
  );

export const streamCut = (what: string) =>
  new M2mcpError(
    "stream_cut",
    EXIT.network,
    `${what} closed the connection before the answer; whether the call was carried out is not known`,
    "check the outcome, then try again",
  );

export const sessionLost = (what: string) =>
  new M2mcpError(
    "session_lost",
    EXIT.network,
    `${what} ended the session while the call was running; whether it was carried out is not known`,
    "check the outcome, then try again",
  );

export const sessionGone = (what: string, status: number) =>
  new M2mcpError(
    "session_gone",
    EXIT.network,
    `${what} ended the session and opened no new one (HTTP status ${status}); the call was not carried out`,
    "try again later",
  );

export const endedEarly = () =>
  new M2mcpError("ended", EXIT.network, "the bridge was ended before the answer came", "start it again");

// — the MCP server's answers —

export const unexpectedStatus = (what: string, status: number) => {
  const hint =
    status === 404
      ? "check the path of the server's address, often /mcp"
      : status >= 500 || status === 429
        ? "the fault is the server's: try again later"
        : "check the server's address and what it expects; --verbose shows each step";
  return new M2mcpError("http_status", EXIT.server, `${what} answered with HTTP status ${status}`, hint);
};

/** The server asks to wait (429, 503) for longer than the request may take. */
export const retryLater = (what: string, status: number, waitMs: number) => {
  const seconds = Math.ceil(waitMs / 1000);
  return new M2mcpError(
    "retry_later",
    EXIT.server,
    `${what} answered with HTTP status ${status} and asks to come again ${seconds === 0 ? "at once, each time" : `in ${seconds} s`}`,
    seconds === 0 ? "the fault is the server's: try again later" : `try again after ${seconds} s`,
  );
};

export const wrongContentType = (what: string, contentType: string | null) =>
  new M2mcpError(
    "content_type",
    EXIT.server,
    `${what} answered with ${contentType ? `content type ${contentType}` : "no content"} instead of an MCP message`,
    "check the address; a proxy or a sign-in page may stand in the way",
  );

export const invalidAnswer = (what: string, why: string) =>
  new M2mcpError(
    "invalid_answer",
    EXIT.server,
    `${what} sent what is no MCP answer: ${why}`,
    "report it to the server's owner",
  );

export const answerTooLong = (what: string, limitBytes: number) =>
  new M2mcpError(
    "answer_too_long",
    EXIT.server,
    `${what} sent an answer of more than ${Math.round(limitBytes / 1024 / 1024)} MiB`,
    "ask for less at a time",
  );

export const redirectRefused = (what: string, location: string) =>
  new M2mcpError(
    "redirect",
    EXIT.server,
    `${what} redirects to ${location}; credentials are not carried there`,
    "if you trust that address, use it instead",
  );

/** The server answered a request with a JSON-RPC error: its words, unchanged. */
export const serverError = (code: number, message: string) =>
  new M2mcpError(
    "server_error",
    EXIT.server,
    `the server answered with error ${code}: ${message}`,
    undefined,
    true,
  );

/** @param inputs what is asked for, as methods or capabilities */
export const inputNeeded = (what: string, inputs: readonly string[]) =>
  new M2mcpError(
    "input_needed",
    EXIT.server,
    `${what} asks for input (${[...new Set(inputs)].join(", ") || "of unknown kind"}), which a one-off command cannot give`,
    "use it from an MCP host, over m2mcp bridge",
  );

/** The server wants a person to have been at an address, which must be whole, before (MCP 2025-11-25 URLElicitationRequiredError). */
export const visitNeeded = (what: string, urls: readonly string[]) =>
  new M2mcpError(
    "visit_needed",
    EXIT.server,
    `${what} wants a person to visit ${urls.join(" and ")} first`,
    "open it in a browser, then run the command again",
    true,
  );

export const noCommonVersion = (ours: readonly string[], theirs: readonly string[]) =>
  new M2mcpError(
    "protocol_version",
    EXIT.server,
    `no protocol version in common: here ${ours.join(", ")}; the server ${theirs.join(", ") || "names none"}`,
    "update m2mcp or the server",
  );

export const insecureUrl = (what: string, url: string) =>
  new M2mcpError(
    "insecure_url",
    EXIT.usage,
    `${what} ${url} is plain http: credentials and tokens would travel in the clear`,
    `use https; in a network that you trust, --allow-http ${new URL(url).hostname} allows it for this host`,
  );

// — store —

const storeError = (code: string, message: string, hint?: string) =>
  new M2mcpError(code, EXIT.store, message, hint);

export const damagedFile = (file: string) =>
  storeError(
    "damaged",
    `${file} is damaged; it was left as it is`,
    "restore it from a backup, or delete it and run m2mcp login again",
  );

export const newerFormat = (file: string, version: unknown) =>
  storeError(
    "newer_format",
    `${file} has format version ${version}, which this m2mcp does not know`,
    "update m2mcp",
  );

export const wrongPassphrase = (file: string) =>
  storeError(
    "wrong_passphrase",
    `M2MCP_PASSPHRASE does not open the store (${file})`,
    "set the passphrase that the store was given last",
  );

export const missingPassphrase = () =>
  storeError(
    "missing_passphrase",
    "the store is protected by a passphrase, and M2MCP_PASSPHRASE is not set",
    "set it to the passphrase that the store was given last",
  );

export const noKeyring = (reason: string) =>
  storeError(
    "no_keyring",
    `no OS keyring answers: ${reason}`,
    "unlock or start one; a new store does without by --store file",
  );

/** The store exists, and its key is where nobody answers: another place is no way out. */
export const keyringSilent = (reason: string) =>
  storeError(
    "no_keyring",
    `the store's key is in the OS keyring, which does not give it: ${reason}`,
    "unlock or start the keyring; where there is none, M2MCP_HOME names another store to log in to",
  );

export const keyLost = (where: string) =>
  storeError(
    "key_lost",
    `the store's key is not in ${where} any more`,
    "restore the key, or delete the store's folder and run m2mcp login again",
  );

export const descriptionLost = (file: string) =>
  storeError(
    "key_lost",
    `${file} is missing, though there are profiles: nothing says which key opens them`,
    "restore it from a backup, or delete the store's folder and run m2mcp login again",
  );

export const otherPlace = (is: string, wanted: string) =>
  storeError(
    "other_place",
    `the store's key ${is === "passphrase" ? "comes from a passphrase" : `is in the ${is}`}, not in the ${wanted}`,
    `m2mcp store move --to ${wanted} changes that`,
  );

export const notWritable = (file: string, reason: string) =>
  storeError(
    "not_writable",
    `cannot write ${file}: ${reason}`,
    "make room or mend the permissions; M2MCP_HOME chooses another folder",
  );

export const notReadable = (file: string, reason: string) =>
  storeError("not_readable", `cannot read ${file}: ${reason}`, "mend its permissions");

export const lockedTooLong = (what: string) =>
  storeError(
    "locked",
    `another process has held ${what} for too long`,
    "end the process that hangs, then try again",
  );

export const badProfileName = (name: string) =>
  wrongUsage(
    `@${name} is no profile name`,
    "use up to 64 letters, digits, dots, dashes and underscores, a letter or digit first",
  );

// — command line —

export const noSuchProfile = (name: string) =>
  new M2mcpError(
    "no_profile",
    EXIT.usage,
    `there is no profile @${name}`,
    "m2mcp profiles lists them; m2mcp login and m2mcp connect make them",
  );

export const notOnServer = (kind: string, name: string, near: string | undefined) =>
  new M2mcpError(
    "not_found",
    EXIT.server,
    `the server has no ${kind} ${name}`,
    near ? `did you mean ${near}` : `m2mcp <target> ${kind}s-list shows what it has`,
  );

export const toolFailed = (name: string) =>
  new M2mcpError("tool_error", EXIT.server, `the tool ${name} answered with an error`);

export const profilesUnreadable = (count: number) =>
  new M2mcpError(
    "unreadable_profiles",
    EXIT.store,
    count === 1 ? "one profile cannot be read" : `${count} profiles cannot be read`,
    "the lines above name them; log in again to replace what is damaged",
  );

export const notWell = () =>
  new M2mcpError(
    "not_well",
    EXIT.auth,
    "the server answers, but no new token could be had",
    "mend the step marked FAIL before the token in use ends",
  );

/** A full disk, for one. */
export const outputFailed = (reason: string) =>
  new M2mcpError("output_failed", EXIT.usage, `the output could not be written: ${reason}`);

/** The doctor's last word: the step's own words stand above it. */
export const stepFailed = (step: string, { code, exitCode }: M2mcpError) =>
  new M2mcpError(
    code,
    exitCode,
    `not well: ${step} failed`,
    "mend what is marked FAIL, then run m2mcp doctor again",
  );

/** A fault of this program's own: its kind only, since its words could hold anything. */
export const unexpected = (kind: string) =>
  new M2mcpError(
    "unexpected",
    EXIT.usage,
    `m2mcp failed in a way it did not foresee (${kind})`,
    "please report it, with the command and --verbose",
  );

// — authorization —

const authError = (code: string, message: string, hint?: string) =>
  new M2mcpError(code, EXIT.auth, message, hint);

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

export const metadataRedirects = (url: string) =>
  authError(
    "redirect",
    `${url} redirects; redirects are not followed on the way to a token`,
    "tell the owner of the server, or give --token-endpoint URL",
  );

export const invalidMetadata = (what: string, why: string) =>
  authError("invalid_metadata", `${what} ${why}`, "tell the owner of the server");

export const noMetadata = (where: string) =>
  authError(
    "no_metadata",
    `no authorization metadata was found at ${where}`,
    "give --token-endpoint URL to go without it",
  );

export const noAuthorizationServer = (server: string) =>
  authError(
    "no_authorization_server",
    `${server} names no authorization server`,
    "give --token-endpoint URL",
  );

export const issuerMismatch = (asked: string, named: string) =>
  authError(
    "issuer_mismatch",
    `the metadata of ${asked} names another issuer: ${named}; nothing was sent there`,
    "the two must be identical: tell the owner of the authorization server",
  );

export const issuerMoved = (server: string, recorded: string, named: string) =>
  authError(
    "issuer_moved",
    `${server} now names the authorization server ${named}, but the credentials are for ${recorded}; nothing was sent`,
    `if the move is right, approve it: m2mcp login ${server} with the credentials for the new one, or --issuer ${named} where no login is kept`,
  );

export const resourceMismatch = (server: string, named: string) =>
  authError(
    "resource_mismatch",
    `the metadata of ${server} is about another resource: ${named}`,
    "use the address that it names, if you trust it",
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

export const badCertificate = (why: string) =>
  authError(
    "bad_certificate",
    `the client certificate cannot be used: ${why}`,
    "give a PEM certificate and its PEM private key with --client-cert and --client-key",
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
    "check --scope and --resource, and what the client is allowed to do",
  );

export const loginNeeded = (server: string) =>
  authError(
    "login_needed",
    `${server} wants authorization`,
    `m2mcp login ${server} --client-id ID --client-secret SECRET`,
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
