// biome-ignore-all lint/suspicious/noTemplateCurlyInString: apps put values in for these
// A bundle of this program for desktop apps, after the MCPB specification (modelcontextprotocol/mcpb, MANIFEST.md).
import type { Entry } from "./entry.ts";

/** Of the specification. */
const MANIFEST_VERSION = "0.3";

/** What a bundle connects to, and what its user is asked for. */
export type Bundled =
  /** Any server: its address, the client's id and its secret are asked for. */
  | { kind: "any" }
  /** One server: id and secret are asked for. */
  | { kind: "server"; server: string }
  /** A saved connection: nothing is asked for, all is in the store of this machine. */
  | { kind: "profile"; profile: string; server: string; env: Entry["env"] };

/** Where the program lies in it. */
export const programIn = (platform: string): string => `server/m2mcp${platform === "win32" ? ".exe" : ""}`;

/** Of the file, and what an app knows the bundle by: letters, digits and dashes. */
export function bundleName(bundled: Bundled): string {
  if (bundled.kind === "any") return "m2mcp";
  const text = bundled.kind === "profile" ? bundled.profile : new URL(bundled.server).hostname;
  return `m2mcp-${text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")}`;
}

/**
 * The manifest of a bundle. It holds no secret: the app asks for them, and keeps what is sensitive in the keyring.
 *
 * @param version of this program
 * @param platform the only one that the bundle is for: darwin, linux or win32
 * @param more further arguments of `bridge`
 */
export function manifestOf(
  bundled: Bundled,
  version: string,
  platform: string,
  more: readonly string[] = [],
): Record<string, unknown> {
  const asks = bundled.kind !== "profile";
  const target =
    bundled.kind === "any"
      ? "${user_config.server}"
      : bundled.kind === "server"
        ? bundled.server
        : `@${bundled.profile}`;
  const env = asks
    ? {
        M2MCP_CLIENT_ID: "${user_config.client_id}",
        M2MCP_CLIENT_SECRET: "${user_config.client_secret}",
      }
    : bundled.env;
  const program = "${__dirname}/server/m2mcp";
  return {
    manifest_version: MANIFEST_VERSION,
    name: bundleName(bundled),
    display_name: displayName(bundled),
    version,
    description: description(bundled),
    author: { name: "m2mcp" },
    license: "MIT",
    keywords: ["mcp", "oauth", "client credentials"],
    server: {
      type: "binary",
      entry_point: programIn(platform),
      mcp_config: {
        command: program,
        args: ["bridge", target, ...more],
        env,
        platform_overrides: { win32: { command: `${program}.exe` } },
      },
    },
    // What the server has is known when it is asked.
    tools_generated: true,
    prompts_generated: true,
    compatibility: { platforms: [platform] },
    ...(asks ? { user_config: questions(bundled.kind === "any") } : {}),
  };
}

const displayName = (bundled: Bundled) =>
  bundled.kind === "any"
    ? "Protected MCP server"
    : bundled.kind === "server"
      ? new URL(bundled.server).host
      : bundled.profile;

const description = (bundled: Bundled) =>
  bundled.kind === "any"
    ? "Uses a protected remote MCP server with OAuth client credentials, without a browser"
    : `Uses the protected MCP server ${bundled.server} with OAuth client credentials, without a browser`;

function questions(asksServer: boolean): Record<string, unknown> {
  const server = {
    type: "string",
    title: "Server",
    description: "Address of the MCP server, like https://mcp.example.com/mcp",
    required: true,
  };
  return {
    ...(asksServer ? { server } : {}),
    client_id: {
      type: "string",
      title: "Client ID",
      description: "Of the client that is registered at the server's authorization server",
      required: true,
    },
    client_secret: {
      type: "string",
      title: "Client secret",
      description: "Goes to the authorization server alone, for tokens",
      sensitive: true,
      required: true,
    },
  };
}
