import { resolve } from "node:path";
import { faultIn } from "../../auth/client/faults.ts";
import { isKeyText, pemText } from "../../auth/client/pem.ts";
import type { AssertionSource, SecretSource } from "../../auth/credentials.ts";
import { type Options, spelt } from "../../command-line/option-values.ts";
import { type OptionName, variableOf } from "../../command-line/options.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import { trimmedText } from "../../plain-text.ts";
import type { ACTORS, ASSERTIONS, SECRETS, SUBJECTS } from "./credential-options.ts";
import { platformSource } from "./platform-source.ts";
import type { SecretReading } from "./secret-reading.ts";

/** Options that name a place of tokens made elsewhere. */
type TokenOption = (typeof ASSERTIONS | typeof SUBJECTS | typeof ACTORS)[number];

/** What the options name as secrets, keys and certificates, read or by where they come from. */
export interface SecretSources {
  /** A key or certificate, by its path, or in itself as variables of CI hold it. */
  pem(option: OptionName, path: string): Promise<SecretSource>;
  secret(option: (typeof SECRETS)[number]): Promise<SecretSource>;
  /** Assertions change, so their source is kept, never their text. */
  assertion(option: TokenOption): Promise<AssertionSource>;
}

/** Pipes of the shell, such as those of `<(command)`. */
export const isReadOnce = (path: string) => /^\/(dev\/(fd\/|stdin$)|proc\/(self|\d+)\/fd\/)/.test(path);

/** @param reading how files, commands and stdin are read, and what of them is kept */
export function createSecretSources(options: Options, reading: SecretReading): SecretSources {
  const keep = options.on("no-store-secret") ? "source" : reading.keep;
  const file = (path: string): SecretSource => ({ from: "file", path: resolve(reading.cwd, path) });
  type Kind = Parameters<SecretReading["read"]>[1];
  const read = (source: SecretSource, kind: Kind, option: OptionName): Promise<string> =>
    // The path is not repeated: the secret itself may stand there by mistake.
    reading
      .read(source, kind, `the ${source.from} of --${spelt(options, option)}`)
      .catch((error: unknown) => {
        if (source.from !== "file" || !(error instanceof M2mcpError)) throw error;
        const named = spelt(options, option);
        throw wrongUsage(
          error.message,
          `check the path and its permissions; --${named} and ${variableOf(named)} take a path`,
        );
      });
  const kept = async (source: SecretSource, kind: Kind, option: OptionName): Promise<SecretSource> => {
    if (source.from === "value" || (source.from === "command" && keep === "source")) return source;
    const value = await read(source, kind, option);
    if (keep === "value") return { from: "value", value };
    if (source.from !== "file" || !isReadOnce(source.path)) return source;
    if (options.on("no-store-secret"))
      throw wrongUsage(
        `the file of --${spelt(options, option)} is a pipe, which cannot be read again`,
        "give the path of a file, or --client-secret-command COMMAND",
      );
    return { from: "value", value };
  };

  return {
    pem: (option, text) => {
      // The passphrase of a key is a secret like others, and always in a file.
      if (option === "private-key-passphrase-file") return kept(file(text), "secret", option);
      return kept(isKeyText(text) ? { from: "value", value: pemText(text) } : file(text), "pem", option);
    },

    async secret(option) {
      const text = options.value(option) ?? "";
      if (option === "client-secret-file") return kept(file(text), "secret", option);
      if (option === "client-secret-command")
        return kept({ from: "command", command: text }, "secret", option);
      return { from: "value", value: await secretItself(options, text, option, reading) };
    },

    async assertion(option) {
      const text = options.value(option) ?? "";
      if (option.endsWith("-file")) {
        const source = { from: "file", path: resolve(reading.cwd, text) } as const;
        if ((await read(source, "secret", option)).trim() === "") throw emptyFile(spelt(options, option));
        return source;
      }
      if (option.endsWith("-command")) return { from: "command", command: text };
      if (option.endsWith("-env"))
        return { from: "env", name: checkedVariable(text, spelt(options, option)) };
      return platformSource(text, options);
    },
  };
}

const emptyFile = (option: OptionName) =>
  wrongUsage(
    `cannot read the file of --${option}: it is empty`,
    "see that what makes the token puts it there",
  );

/** The name of a variable; what is none may be the token itself, and is not quoted. */
function checkedVariable(text: string, option: OptionName): string {
  if (/^[A-Za-z_]\w{0,199}$/.test(text)) return text;
  throw wrongUsage(
    `what --${option} names is no variable`,
    `give its name alone, without $: --${option} ID_TOKEN`,
  );
}

/** A secret that is given itself, or comes on stdin. */
async function secretItself(
  options: Options,
  text: string,
  option: OptionName,
  reading: SecretReading,
): Promise<string> {
  if (options.on("no-store-secret"))
    throw wrongUsage(
      "--no-store-secret needs a place to read the secret from again",
      "give --client-secret-file PATH or --client-secret-command COMMAND",
    );
  const isTyped = text === "-" && options.origin(option) === "flag";
  return checkedText(isTyped ? await reading.stdin() : text, "client secret", spelt(options, option));
}

/**
 * An id or secret as it was meant: without a byte order mark and line ends at its end.
 *
 * @throws M2mcpError (exit 1) where it cannot be right, which never quotes it
 */
export function checkedText(text: string, what: string, option: OptionName): string {
  const value = trimmedText(text);
  if (value === "") throw wrongUsage(`the ${what} is empty`, "check where it comes from");
  const fault = faultIn(value);
  if (fault === undefined) return value;
  throw wrongUsage(
    `the ${what} of --${option} or ${variableOf(option)} cannot be right: ${fault}`,
    "check where it comes from; some hosts expand no variables in their settings",
  );
}
