// Failures of the SPIFFE Workload API, from which this machine's SVIDs come.
import { authError } from "../../errors.ts";

/** The identity documents of SPIFFE that are used here. */
export type SvidKind = "JWT-SVID" | "X.509-SVID";

/**
 * The Workload API gives no SVID.
 *
 * @param why what was looked for and where, or what the agent answered
 * @param hint what to switch on
 */
export const noSvid = (kind: SvidKind, why: string, hint: string) =>
  authError("no_identity", `the SPIFFE Workload API gives no ${kind}: ${why}`, hint);

/** What an agent's answer says. @throws M2mcpError no_identity where it cannot be read */
export function readable<T>(kind: SvidKind, read: () => T): T {
  try {
    return read();
  } catch {
    throw noSvid(kind, "its answer cannot be read", "check that the socket is a SPIFFE agent's");
  }
}
