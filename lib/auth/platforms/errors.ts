// Failures of platforms that should say who this machine is.
import { authError } from "../errors.ts";

/**
 * A platform that gives no token.
 *
 * @param why what was looked for and where, or what the platform answered
 * @param hint what to switch on
 */
export const noIdentity = (title: string, why: string, hint: string) =>
  authError("no_identity", `${title} gives no identity token: ${why}`, hint);

/** Nothing that `auto` knows is there. @param looked each platform and what was looked for */
export const noPlatform = (looked: string[]) =>
  authError(
    "no_identity",
    `no platform found that gives this machine an identity; looked for ${looked.join("; ")}`,
    "name it with --assertion PLATFORM to see what is missing, or give --client-assertion-file PATH",
  );
