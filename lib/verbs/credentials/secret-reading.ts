import type { SecretSource } from "../../auth/credentials.ts";
import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { readStdin } from "../read-stdin.ts";

/** How option values turn into secrets. */
export interface SecretReading {
  cwd: string;
  /** Text of a file or output of a command. @throws M2mcpError */
  read(source: SecretSource): Promise<string>;
  stdin(): Promise<string>;
  /** Asks at a terminal without showing what is typed; absent where there is none. */
  prompt?(question: string): Promise<string>;
  /** Keep what files and commands yield (login), or where it comes from (a run without a profile). */
  keep: "value" | "source";
}

/** How the options of this command yield secrets. @param keep as in SecretReading */
export function secretReading(command: Command, keep: SecretReading["keep"]): SecretReading {
  const { io } = command;
  return {
    get cwd() {
      return io.cwd;
    },
    keep,
    async read(source) {
      const { readSecret } = await import("../../auth/client/secrets.ts");
      return readSecret(source, io.env);
    },
    async stdin() {
      if (command.verb === "bridge")
        throw wrongUsage(
          "stdin belongs to the bridge: the secret cannot come from there",
          "set M2MCP_CLIENT_SECRET, or give --client-secret-file PATH",
        );
      return readStdin(command);
    },
  };
}
