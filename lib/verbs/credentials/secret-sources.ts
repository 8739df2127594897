import { resolve } from "node:path";
import type { AssertionSource, SecretSource } from "../../auth/credentials.ts";
import type { Options } from "../../command-line/option-values.ts";
import { type OptionName, variableOf } from "../../command-line/options.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import type { ASSERTIONS, SECRETS } from "./credential-options.ts";
import type { SecretReading } from "./secret-reading.ts";

/** What the options name as secrets, keys and certificates, read or by where they come from. */
export interface SecretSources {
  /** A key or certificate, by its path, or in itself as variables of CI hold it. */
  pem(option: OptionName, path: string): Promise<SecretSource>;
  secret(option: (typeof SECRETS)[number]): Promise<SecretSource>;
  /** Assertions change, so their source is kept, never their text. */
  assertion(option: (typeof ASSERTIONS)[number]): Promise<AssertionSource>;
}

/** @param reading how files, commands and stdin are read, and what of them is kept */
export function createSecretSources(options: Options, reading: SecretReading): SecretSources {
  const keep = options.on("no-store-secret") ? "source" : reading.keep;
  const file = (path: string): SecretSource => ({ from: "file", path: resolve(reading.cwd, path) });
  const read = (source: SecretSource, option: OptionName): Promise<string> =>
    reading.read(source).catch((error: unknown) => {
      if (source.from !== "file" || !(error instanceof M2mcpError)) throw error;
      // The path is not repeated: the secret itself may stand there by mistake.
      throw wrongUsage(
        `cannot read the file of --${option}`,
        `check the path and its permissions; --${option} and ${variableOf(option)} take a path`,
      );
    });
  const kept = async (source: SecretSource, option: OptionName): Promise<SecretSource> => {
    if (source.from === "value" || (source.from === "command" && keep === "source")) return source;
    const value = await read(source, option);
    return keep === "source" ? source : { from: "value", value };
  };

  return {
    pem: (option, path) => kept(isPem(path) ? { from: "value", value: path } : file(path), option),

    async secret(option) {
      const text = options.value(option) ?? "";
      if (option === "client-secret-file") return kept(file(text), option);
      if (option === "client-secret-command") return kept({ from: "command", command: text }, option);
      if (options.on("no-store-secret"))
        throw wrongUsage(
          "--no-store-secret needs a place to read the secret from again",
          "give --client-secret-file PATH or --client-secret-command COMMAND",
        );
      const typed = text === "-" && options.origin(option) === "flag";
      const value = typed ? (await reading.stdin()).replace(/\r?\n$/, "") : text;
      if (value === "") throw wrongUsage("the client secret is empty", "check where it comes from");
      return { from: "value", value };
    },

    async assertion(option) {
      const text = options.value(option) ?? "";
      if (option === "client-assertion-file") {
        const source = { from: "file", path: resolve(reading.cwd, text) } as const;
        await read(source, option);
        return source;
      }
      if (option === "client-assertion-command") return { from: "command", command: text };
      if (text !== "github-actions")
        throw wrongUsage(`unknown platform ${text}`, "--assertion knows github-actions");
      return { from: "github-actions" };
    },
  };
}

/** A key given as text rather than by path, as variables in CI often are. */
const isPem = (text: string) =>
  text.trimStart().startsWith("-----BEGIN ") || text.trimStart().startsWith("{");
