// Failures of the audit.
import { EXIT, M2mcpError } from "../../failure.ts";

export const cannotAudit = (path: string, why: string) =>
  new M2mcpError(
    "cannot_audit",
    EXIT.usage,
    `the audit cannot be written to ${path}: ${why}`,
    "give --audit a file that can be written, or stderr",
  );
