import type { TokenOrigin } from "./credentials.ts";

/**
 * The extensions of MCP that a client with these credentials uses: it declares them in `capabilities.extensions` of
 * `initialize` (SEP-2133), and in `_meta` of each 2026-07-28 request.
 */
export function usedExtensions(credentials: TokenOrigin | null): Record<string, object> {
  switch (credentials?.grant) {
    case "client-credentials":
      return { "io.modelcontextprotocol/oauth-client-credentials": {} };
    case "id-jag":
      return { "io.modelcontextprotocol/enterprise-managed-authorization": {} };
    case "jwt-bearer":
      // A workload is no registered client (SEP-1933); with an id it is, and the grant belongs to no extension.
      return credentials.clientId === "" ? { "io.modelcontextprotocol/auth/wif": {} } : {};
    default:
      return {};
  }
}
