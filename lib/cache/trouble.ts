// What can be wrong with a cache, in words.

/** Why a cache does not serve, and what may mend it. Holds nothing of what was sent. */
export interface Trouble {
  code: string;
  words: string;
  hint: string;
}

/** The cache did not do as it was asked; the reason is known. */
export class CacheTrouble extends Error {
  readonly trouble: Trouble;
  constructor(trouble: Trouble) {
    super(trouble.code);
    this.trouble = trouble;
  }
}

const trouble = (code: string, words: string, hint: string): Trouble => ({ code, words, hint });

/** It said nothing for so long. @param limitMs in ms */
export const stalled = (limitMs: number) =>
  new CacheTrouble(
    trouble(
      "stalled",
      `it gives no answer within ${limitMs / 1000} s`,
      "check that it runs, that nothing between drops the connection, and whether it speaks TLS (rediss:) or not (redis:)",
    ),
  );

/** What it answered is not what such a server answers. */
export const senseless = () =>
  new CacheTrouble(
    trouble(
      "senseless",
      "it does not speak as Redis does",
      "check that the address is that of a Redis or Valkey server",
    ),
  );

/** A lock stays without an owner that lives. */
export const lockStuck = () =>
  new CacheTrouble(
    trouble("stuck", "a lock in it does not expire", "see whether it keeps time, and who else writes there"),
  );

/** Refusals, by the word that they begin with. */
const REFUSALS: Record<string, [words: string, hint: string]> = {
  NOAUTH: [
    "it wants a password",
    "give it in the address, before the host: user, colon, password, at sign; the user may be left out",
  ],
  WRONGPASS: [
    "it does not accept the user or the password",
    "check both; in an address @ is %40, : is %3A and / is %2F",
  ],
  NOPERM: [
    "its user may not do what is needed",
    "ACL SETUSER … ~m2mcp:* +eval +get +set +del +pttl lets it; doctor shows what is missing",
  ],
  READONLY: ["it is a replica, which takes no writes", "give the address of the primary"],
  OOM: ["its memory is full", "raise its maxmemory, or let it evict: maxmemory-policy volatile-ttl"],
  WRONGTYPE: [
    "something else lies where ours would",
    "give it a database of its own, or a user whose keys nobody else writes",
  ],
  MOVED: [
    "it is a part of a cluster, where our keys are elsewhere",
    "give the address of a server that is no cluster",
  ],
  ASK: ["it is a part of a cluster", "give the address of a server that is no cluster"],
  TRYAGAIN: ["it is a part of a cluster", "give the address of a server that is no cluster"],
  CROSSSLOT: ["it is a cluster", "give the address of a server that is no cluster"],
  CLUSTERDOWN: ["its cluster is down", "see to the cluster"],
  LOADING: ["it is starting, and loads what it kept", "wait a moment"],
  MASTERDOWN: ["it is a replica that has lost its primary", "give the address of the primary"],
  NOREPLICAS: ["it has too few replicas to take writes", "see to its replicas"],
  MISCONF: [
    "it takes no writes, since it cannot save",
    "see to its disk; CONFIG SET stop-writes-on-bgsave-error no",
  ],
  BUSY: ["it is busy with a script", "wait, or SCRIPT KILL"],
  DENIED: [
    "it lets nobody in from other machines: it is in protected mode",
    "give it a password or an ACL user: requirepass, ACL SETUSER",
  ],
  MAXCLIENTS: ["it has no room for another connection", "raise its maxclients"],
  NODATABASE: [
    "it has no database of that number",
    "give one that it has, 0 for one; databases in its configuration says how many",
  ],
  NOSCRIPT: ["it runs no scripts", "Redis 6.2 and Valkey do"],
};

const CONNECTING: Record<string, [words: string, hint: string]> = {
  ECONNREFUSED: ["it refuses the connection", "check that it runs, and its port"],
  ENOENT: ["there is no such socket", "check the path, and that the server runs"],
  EACCES: ["the socket may not be used", "check the rights of the socket: unixsocketperm"],
  ENOTFOUND: ["there is no such host", "check the name"],
  EAI_AGAIN: ["the host's name is not found", "check the name and the network"],
  EHOSTUNREACH: ["there is no way to it", "check the network"],
  ENETUNREACH: ["there is no way to it", "check the network"],
  ETIMEDOUT: ["it does not answer", "check that it runs and the network"],
};

const CLOSED: [words: string, hint: string] = [
  "it closed the connection",
  "check that it runs and has room for connections (maxclients), and whether it wants TLS (rediss:) or none (redis:)",
];

/** What an error means that came while it was asked. Of its words only those of a known kind are gone by. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof CacheTrouble) return error.trouble;
  const { code, message, isReply } = errorParts(error);
  const [first = ""] = /^[A-Z]+/.exec(message) ?? [];
  const wasScript = /\b(NOPERM|READONLY|OOM|WRONGTYPE|MISCONF|NOREPLICAS|MOVED|CROSSSLOT|CLUSTERDOWN)\b/.exec(
    message,
  )?.[1];
  const refusal = Object.hasOwn(REFUSALS, first) ? first : (wasScript ?? refusalIn(message));
  if (refusal !== undefined) return trouble(refusal, ...(REFUSALS[refusal] ?? CLOSED));
  const connecting = CONNECTING[code];
  if (connecting) return trouble(code, ...connecting);
  // Redis is so unless it is told otherwise; before TLS 1.3 it does not say what it misses (RFC 5246 §7.4.6).
  if (/ALERT_(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE)/.test(code))
    return trouble(
      "tls_client",
      /REQUIRED/.test(code)
        ? "it wants a certificate of its clients"
        : "it refuses the TLS handshake, as one that wants a certificate of its clients does",
      "we show it none: tls-auth-clients no, or optional, and a password or an ACL user",
    );
  if (isTls(code, message))
    return trouble(
      "tls",
      /WRONG_VERSION|SSL|EPROTO/i.test(code)
        ? "it does not speak TLS there"
        : "its certificate is not trusted",
      "--ca FILE names a private authority; the certificate must be for the name in the address",
    );
  // An error that it answers is its own word, and the connection is there.
  if (isReply || /^(ERR|Protocol error)/.test(message))
    return trouble(
      "refused",
      "it does not know what it was asked, or refuses it",
      "Redis 6.2 and Valkey know it",
    );
  return trouble("closed", ...CLOSED);
}

/** Refusals that begin with ERR like any other. */
function refusalIn(message: string): string | undefined {
  if (/unknown command .?(EVAL|AUTH)/i.test(message)) return "NOSCRIPT";
  if (/ACL failure in script|user executing the script|no permissions/i.test(message)) return "NOPERM";
  if (/max number of clients/i.test(message)) return "MAXCLIENTS";
  if (/DB index/i.test(message)) return "NODATABASE";
  if (/^ERR .*(AUTH|password)/i.test(message)) return "WRONGPASS";
  return /can't write against a read only|read only replica/i.test(message) ? "READONLY" : undefined;
}

const isTls = (code: string, message: string) =>
  /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL|EPROTO|HOSTNAME_MISMATCH/.test(code) ||
  /certificate|altname|self.signed/i.test(message);

function errorParts(error: unknown): { code: string; message: string; isReply: boolean } {
  if (!(error instanceof Error)) return { code: "", message: "", isReply: false };
  const { code } = error as { code?: unknown };
  // The library puts it into errors that are replies; their class has another name in the executable.
  const isReply = "command" in error;
  return { code: typeof code === "string" ? code : "", message: error.message, isReply };
}
