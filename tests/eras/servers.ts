import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";

/** A server of each kind; `dual` is of both eras. */
export const startServers = async () => ({
  legacy: await startFullLegacyServer("http"),
  modern: await startFullModernServer(),
  sse: await startFullLegacyServer("sse"),
  dual: await startFullModernServer("stateless"),
});
