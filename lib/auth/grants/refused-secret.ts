/** What is known of a client whose secret was refused. */
export interface RefusedSecret {
  /** The server's words. */
  description: string;
  /** The very same secret got a token before. */
  wasAccepted?: boolean | undefined;
}

const ENDED =
  /\b(revoked|expired?|expiry|rotated|disabled|deactivated|deleted|suspended|inactive|not active|no longer|has ended)\b/i;
const UNKNOWN_CLIENT =
  /\bclient( id| identifier| application)?( '[^']*')? (was |is |could )?(not (be )?(found|known|exist)|unknown|does not exist)|\b(unknown|no such|non-?existent) client|\bclient does not exist/i;
const WRONG =
  /\b(incorrect|wrong|bad|mismatch(ed)?|(does|do) not match|not match(ing)?|invalid)\b.{0,24}\b(secret|password|credentials?)|\b(secret|password|credentials?)\b.{0,40}\b(incorrect|wrong|invalid|mismatch|does not match)/i;

/** Words for several reasons at once, as RFC 6749 §5.2 has them, and Keycloak, which tells none of them from the others. */
const OF_ALL =
  /\bno client authentication\b|\b(client|id|client_id|found|unknown|invalid|exists?) (and\/)?or\b.*(secret|credential|password|authentication)|\b(in(valid|correct|active)|wrong|expired|revoked|disabled) or (is |was |has )?(been )?(in(valid|correct|active)|wrong|expired|revoked|disabled)\b/i;

const AGAIN = "make a new one, then m2mcp login again: running bridges take it up";

/**
 * What became of a secret, as far as the server's words or its own past tell: one that ended is told from one that was
 * mistyped. Undefined where neither tells.
 */
export function fateOfSecret({ description: told, wasAccepted }: RefusedSecret): string | undefined {
  const description = OF_ALL.test(told) ? "" : told;
  if (ENDED.test(description))
    return `by the server's words the client or its secret is no longer good, rather than mistyped: ${AGAIN}`;
  if (UNKNOWN_CLIENT.test(description))
    return wasAccepted
      ? "the server knows this client no more: it was removed there, or moved"
      : "the server does not know this client id: check --client-id, and that it is of this server";
  if (wasAccepted)
    return `the same secret was accepted before, so it is not mistyped: it was revoked or replaced, or has ended; ${AGAIN}`;
  if (WRONG.test(description))
    return "the server knows the client, and the secret is another: it may be mistyped, cut off, or its id in its place";
  return undefined;
}

/** Refusals that are about the secret, whatever they are named. */
export const isAboutSecret = (error: string, description: string): boolean =>
  error === "invalid_client" ||
  (error === "unauthorized_client" &&
    /\binvalid client (secret|credentials)\b|\bclient credentials\b.*\binvalid\b/i.test(description));
