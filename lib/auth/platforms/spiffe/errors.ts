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
