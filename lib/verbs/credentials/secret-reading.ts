import type { SecretSource, SvidSource } from "../../auth/credentials.ts";
import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { readStdin } from "../read-stdin.ts";
import { svidLimitMs } from "./svid.ts";

/** Longest secret on stdin, in bytes. */
const MAX_STDIN_BYTES = 1024 * 1024;

/** How option values turn into secrets. */
export interface SecretReading {
  cwd: string;
  /**
   * Text of a file or output of a command.
   *
   * @param name the source as messages name it: a path may hold the secret itself by mistake
   * @throws M2mcpError
   */
  read(source: SecretSource, kind: "secret" | "pem", name: string): Promise<string>;
  /** The SPIFFE id of an X.509-SVID. @throws M2mcpError no_identity */
  spiffeId(source: SvidSource): Promise<string>;
  /** All of stdin. */
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
    async read(source, kind, name) {
      const { readPem, readSecret } = await import("../../auth/client/secrets.ts");
      return kind === "pem" ? readPem(source, io.env, name) : readSecret(source, io.env, name);
    },
    async spiffeId({ identity }) {
      const { x509Source } = await import("../../auth/platforms/spiffe/x509-source.ts");
      const limitMs = svidLimitMs(command.options);
      const source = x509Source(identity, { env: io.env, timeoutMs: limitMs, log: () => {} });
      try {
        return (await source.current()).spiffeId;
      } finally {
        source.stop();
      }
    },
    async stdin() {
      if (command.verb === "bridge")
        throw wrongUsage(
          "stdin belongs to the bridge: the secret cannot come from there",
          "set M2MCP_CLIENT_SECRET, or give --client-secret-file PATH",
        );
      return readStdin(command, MAX_STDIN_BYTES, "a secret");
    },
  };
}
