import type { Options } from "../../command-line/option-values.ts";
import { wrongUsage } from "../../failure.ts";
import { LEGACY_VERSIONS, MODERN_VERSIONS } from "../../mcp/protocol/versions.ts";

/**
 * The protocol version that `--protocol` insists on; undefined without it.
 *
 * @throws M2mcpError (exit 1) when it is none that is known
 */
export function pinnedProtocol(options: Options): string | undefined {
  const version = options.value("protocol");
  const known = [...MODERN_VERSIONS, ...LEGACY_VERSIONS];
  if (version !== undefined && !known.includes(version))
    throw wrongUsage(`unknown --protocol ${version}`, `it is one of ${known.join(", ")}`);
  return version;
}
