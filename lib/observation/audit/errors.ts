// Failures of the audit.
import { EXIT, M2mcpError } from "../../failure.ts";

export const cannotAudit = (path: string, why: string) =>
  new M2mcpError(
    "cannot_audit",
    EXIT.usage,
    `the audit cannot be written to ${path}: ${why}`,
    "give --audit a file that can be written, or stderr",
  );

/** @param path of a pipe of the shell's, which the runtime closes at a second start */
export const auditClosed = (path: string) =>
  new M2mcpError(
    "cannot_audit",
    EXIT.usage,
    `the audit cannot be written to ${path}: m2mcp has started itself again, and what the shell had opened is closed`,
    "give --audit a file, a named pipe (mkfifo) that is read, or stderr",
  );
