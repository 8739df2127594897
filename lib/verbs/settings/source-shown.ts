import type { AssertionSource } from "../../auth/credentials.ts";

/** Where a secret or token comes from, as a person may see it: never what it is. */
export function sourceShown(source: AssertionSource): string {
  switch (source.from) {
    case "file":
      return `from the file ${source.path}`;
    case "command":
      return "from a command";
    case "value":
      return "kept";
    case "env":
      return `from the variable ${source.name}`;
    case "missing":
      return "missing";
    default:
      return source.from;
  }
}
