// What platforms put into variables for their programs, and what nobody can use as it stands there.
import { oneLine } from "../../net/one-line.ts";
import { isLoopback, zoneOf } from "../../net/zone.ts";
import { noIdentity } from "./errors.ts";

const LEAVE = "the platform sets it: leave it as it was";

/**
 * An address that a variable names, to which a secret of this machine goes: over https, or plain to this machine and
 * the network it stands in.
 *
 * @throws M2mcpError no_identity
 */
export function nearAddress(title: string, variable: string, text: string): URL {
  const url = URL.parse(text);
  const isNear = url?.protocol === "http:" && zoneOf(url.hostname) !== "public";
  if (url && (url.protocol === "https:" || isNear) && url.username === "") return url;
  throw noIdentity(
    title,
    `the variable ${variable} holds ${oneLine(text, 100)}, which is no address next to this machine`,
    LEAVE,
  );
}

/** The same of a service in the network: over https, or plain to this machine alone. @throws M2mcpError no_identity */
export function serviceAddress(title: string, variable: string, text: string): URL {
  const url = URL.parse(text);
  const isOwn = url?.protocol === "http:" && isLoopback(url.hostname);
  if (url && (url.protocol === "https:" || isOwn)) return url;
  throw noIdentity(
    title,
    `the variable ${variable} holds ${oneLine(text, 100) || "nothing"}, which is no https address`,
    LEAVE,
  );
}

/** Longest secret that is sent in a header, in characters. */
const LONGEST = 64 * 1024;

/** A secret that a variable holds, to be sent in a header. @throws M2mcpError no_identity, which does not quote it */
export function headerFrom(title: string, variable: string, text: string): string {
  const value = text.trim();
  if (value !== "" && value.length <= LONGEST && /^[\x20-\x7e]+$/.test(value)) return value;
  throw noIdentity(title, `what the variable ${variable} holds cannot be sent in a header`, LEAVE);
}
