import { isAbsolute, join } from "node:path";
import { statOf } from "../files/stat.ts";

type Variables = Record<string, string | undefined>;

/** Where the message bus of the user's session is, on Linux. */
export type SessionBus =
  | { kind: "found"; address: string }
  /** @param reason for a person, after "no OS keyring answers: " */
  | { kind: "none"; reason: string };

/**
 * The bus of `DBUS_SESSION_BUS_ADDRESS`; without it, as where a host passes on few variables, the one that systemd puts
 * into the user's runtime folder (pam_systemd(8)), if it is this user's own.
 */
export async function findSessionBus(env: Variables, uid: number): Promise<SessionBus> {
  const given = env.DBUS_SESSION_BUS_ADDRESS;
  if (given) return reachable(given);
  const folders = [env.XDG_RUNTIME_DIR, `/run/user/${uid}`].filter((path) => path && isAbsolute(path));
  for (const folder of new Set(folders)) {
    const path = join(folder ?? "", "bus");
    const found = await statOf(path).catch(() => null);
    if (found?.isSocket() && found.uid === uid)
      return { kind: "found", address: `unix:path=${escaped(path)}` };
  }
  return {
    kind: "none",
    reason: `there is no desktop session here (DBUS_SESSION_BUS_ADDRESS is not set, and /run/user/${uid}/bus is not there)`,
  };
}

/** A bus that is plainly not there is told at once; whether any other answers is for the add-on to find out. */
async function reachable(address: string): Promise<SessionBus> {
  const path = /^unix:path=([^,;%]+)$/.exec(address)?.[1];
  if (path === undefined) return { kind: "found", address };
  const found = await statOf(path).catch(() => null);
  return found?.isSocket()
    ? { kind: "found", address }
    : { kind: "none", reason: `there is no message bus at ${path} (DBUS_SESSION_BUS_ADDRESS)` };
}

/** D-Bus specification, "Server Addresses": all but these characters are written as %XX. */
const escaped = (path: string) =>
  path.replace(/[^-0-9A-Za-z_/.\\*]/g, (letter) =>
    [...new TextEncoder().encode(letter)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  );
