import type { AssertionSource } from "../../credentials.ts";

/** A source as messages name it; what it holds, a path too, may be the token by mistake. */
export function nameOf({ from }: AssertionSource): string {
  switch (from) {
    case "file":
      return "the file of --token-file";
    case "command":
      return "the command of --token-command";
    case "value":
      return "what was given as the token (M2MCP_TOKEN, or --token -)";
    case "missing":
      return "the profile";
    default:
      return `the platform ${from}`;
  }
}
