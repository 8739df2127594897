// Failures of the process as a whole.
import { EXIT, M2mcpError } from "../failure.ts";

/** A fault of this program's own: its kind only, since its words could hold anything. */
export const unexpected = (kind: string) =>
  new M2mcpError(
    "unexpected",
    EXIT.usage,
    `m2mcp failed in a way it did not foresee (${kind})`,
    "please report it, with the command and --verbose",
  );

/** The notices are made by the build, for the executable. */
export const notBuilt = () =>
  new M2mcpError(
    "not_built",
    EXIT.usage,
    "the notices are part of the executable",
    "bun run build makes build/THIRD-PARTY.md; from source, each package has its licence in node_modules",
  );
