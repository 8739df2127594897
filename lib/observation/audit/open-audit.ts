import { dirname } from "node:path";
import { M2mcpError } from "../../failure.ts";
import type { Observe } from "../../mcp/protocol/transport.ts";
import { makeFolder, reasonOf } from "../../platform/files/files.ts";
import { isClosedDescriptor } from "../../platform/hidden-arguments.ts";
import { wholePath } from "../../platform/own-folders/home.ts";
import { parentName } from "../../platform/parent-process.ts";
import type { Sink } from "../../platform/streams/sink.ts";
import { type Audited, auditCalls } from "./audit-calls.ts";
import { openAuditFile } from "./audit-file.ts";
import { isJournal, writeTo } from "./audit-lines.ts";
import { auditClosed, cannotAudit } from "./errors.ts";
import { readRotation } from "./rotate.ts";

export interface AuditOptions extends Omit<Audited, "pid" | "host" | "write"> {
  /** A file; `stderr` or `-`; `syslog`, `journald`: the same with a severity before each line. */
  place: string;
  rotate: string | undefined;
  env: Record<string, string | undefined>;
  cwd: string;
  stderr: Sink;
  warn(line: string): void;
}

export interface Audit {
  observe: Observe;
  end(): void;
}

/** @throws M2mcpError (exit 1) cannot_audit, and where --audit-rotate is malformed */
export async function openAudit(options: AuditOptions): Promise<Audit> {
  const rotation = readRotation(options.rotate);
  const [{ write, end }, host] = await Promise.all([
    opened(options, rotation),
    parentName().catch(() => null),
  ]);
  const audited: Audited = { ...options, pid: process.pid, host, write };
  return {
    observe: (onMessage, handshake) => ({
      onMessage,
      over: (connection) => auditCalls(audited, connection, handshake),
    }),
    end,
  };
}

async function opened(
  { place, env, cwd, stderr, warn, now }: AuditOptions,
  rotation: ReturnType<typeof readRotation>,
): Promise<{ write(line: string): void; end(): void }> {
  const isSyslog = /^(syslog|journald?)$/i.test(place);
  if (isSyslog || /^(stderr|-)$/i.test(place))
    return { write: writeTo(stderr, isSyslog || isJournal(env.JOURNAL_STREAM)), end() {} };
  const path = wholePath(place, cwd, env);
  try {
    await makeFolder(dirname(path));
    return openAuditFile({ path, rotation, warn, now });
  } catch (error) {
    if (isClosedDescriptor(path)) throw auditClosed(path);
    throw cannotAudit(path, error instanceof M2mcpError ? error.message : reasonOf(error));
  }
}
