// Failures of platforms that should say who this machine is.
import { EXIT, M2mcpError } from "../../failure.ts";
import { authError } from "../errors.ts";

/**
 * A platform that gives no token.
 *
 * @param why what was looked for and where, or what the platform answered
 * @param hint what to switch on
 */
export const noIdentity = (title: string, why: string, hint: string) =>
  authError("no_identity", `${title} gives no identity token: ${why}`, hint);

/** A platform that gives no token for now. @param why what it answered */
export const identityUnavailable = (title: string, why: string) =>
  new M2mcpError(
    "identity_unavailable",
    EXIT.server,
    `${title} gives no identity token for now: ${why}`,
    "the fault is the platform's: try again in a moment",
  );

/**
 * A failure on the way to a platform's token, which says whose it is. What answers in a server's stead is no server that
 * the user has named.
 */
export function ofPlatform(error: M2mcpError, title: string): M2mcpError {
  const { code, exitCode, message, hint } = error;
  if (code === "no_identity" || code === "identity_unavailable") return error;
  if (exitCode === EXIT.server)
    return noIdentity(
      title,
      message,
      "the platform sets where its tokens are asked for: leave that as it was",
    );
  return new M2mcpError(code, exitCode, `${title} gives no identity token: ${message}`, hint);
}

/** Nothing that `auto` knows is there. @param looked each platform and what was looked for */
export const noPlatform = (looked: string[]) =>
  authError(
    "no_identity",
    `no platform found that gives this machine an identity; looked for ${looked.join("; ")}`,
    "name it with --assertion PLATFORM to see what is missing, or give --client-assertion-file PATH",
  );

/** @param besides why the next best that `auto` found gives none either */
export const nothingBesides = ({ code, exitCode, message, hint }: M2mcpError, besides: M2mcpError) =>
  new M2mcpError(code, exitCode, `${message}; nor does what else was found: ${besides.message}`, hint);
