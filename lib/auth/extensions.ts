import type { TokenOrigin } from "./credentials.ts";

/**
 * The extensions of MCP that a client with these credentials uses: it declares them in `capabilities.extensions` of
 * `initialize` (SEP-2133), and in `_meta` of each 2026-07-28 request.
 */
export const usedExtensions = (credentials: TokenOrigin | null): Record<string, object> =>
  credentials?.grant === "client-credentials"
    ? { "io.modelcontextprotocol/oauth-client-credentials": {} }
    : {};
