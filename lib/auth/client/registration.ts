import { isObject, jsonIn } from "../../json.ts";
import { numericDateMs } from "../../moment.ts";

/** A client's secret, and when it ends, where that is known. */
export interface ClientSecret {
  secret: string;
  /** In ms since the epoch. */
  endsAtMs?: number;
}

/**
 * A client's secret in a text that is the secret itself, or the answer to the client's registration (RFC 7591 §3.2.1),
 * which says when it ends.
 */
export function clientSecretIn(text: string): ClientSecret {
  const registered = registrationIn(text);
  if (!registered) return { secret: text };
  const { client_secret: secret, client_secret_expires_at: endsAtS } = registered;
  // 0 is never.
  const endsAtMs = numericDateMs(endsAtS) ?? 0;
  return { secret, ...(endsAtMs > 0 ? { endsAtMs } : {}) };
}

/** The answer to a registration in one line; any other text as it is. */
export function inOneLine(text: string): string {
  const registered = registrationIn(text);
  return registered ? JSON.stringify(registered) : text;
}

type Registration = { client_secret: string } & Record<string, unknown>;

function registrationIn(text: string): Registration | undefined {
  const json = text.startsWith("{") ? jsonIn(text) : undefined;
  return isObject(json) && typeof json.client_secret === "string" ? (json as Registration) : undefined;
}
