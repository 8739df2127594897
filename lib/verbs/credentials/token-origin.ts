import { resolve } from "node:path";
import type { ReadyToken, TokenOrigin } from "../../auth/credentials.ts";
import { PLATFORM_CHOICES, platformNamed } from "../../auth/platforms/names.ts";
import { type Options, secondsInMs } from "../../command-line/option-values.ts";
import { suggest } from "../../command-line/suggest.ts";
import { wrongUsage } from "../../failure.ts";
import { type TOKENS, tokenOption } from "./credential-options.ts";
import { readCredentials, readTls } from "./credentials.ts";
import { refuseIdle, refuseUntold } from "./idle-options.ts";
import { platformSource } from "./platform-source.ts";
import type { SecretReading } from "./secret-reading.ts";
import { checkedText, createSecretSources, isReadOnce } from "./secret-sources.ts";

/**
 * Where tokens come from, by flags and variables: something else that makes them, or credentials of a grant.
 *
 * @throws M2mcpError (exit 1) naming the flags and variables that are missing, wrong or in each other's way
 */
export async function readTokenOrigin(options: Options, reading: SecretReading): Promise<TokenOrigin> {
  const option = tokenOption(options);
  if (option !== undefined) return readReadyToken(options, reading, option);
  if (options.origin("token-lifetime") === "flag")
    throw wrongUsage(
      "--token-lifetime is for a token that something else makes",
      "give it with --token-file, --token-command or M2MCP_TOKEN; of a grant the authorization server says it",
    );
  refuseIdle(options);
  return readCredentials(options, reading);
}

/** The same of the options that name such a token. */
export async function readReadyToken(
  options: Options,
  reading: SecretReading,
  option: (typeof TOKENS)[number],
): Promise<ReadyToken> {
  if (option === "token") refuseUntold(options);
  const lifetimeMs = secondsInMs(options, "token-lifetime");
  const audience = options.value("audience");
  const tls = await readTls(options, createSecretSources(options, reading));
  return {
    grant: null,
    token: await sourceFor(options, reading, option),
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    ...(audience === undefined ? {} : { audience }),
    ...(tls ? { tls } : {}),
  };
}

/** Such tokens change, so their source is kept, and nothing is read before one is needed. */
async function sourceFor(
  options: Options,
  reading: SecretReading,
  option: (typeof TOKENS)[number],
): Promise<ReadyToken["token"]> {
  const text = options.value(option) ?? "";
  switch (option) {
    case "token-command":
      return { from: "command", command: text };
    case "token-file": {
      const path = resolve(reading.cwd, text);
      if (isReadOnce(path))
        throw wrongUsage(
          "the file of --token-file is a pipe, which cannot be read again",
          "give the path of a file, or --token-command COMMAND, or --token - for a token on stdin",
        );
      return { from: "file", path };
    }
    case "token":
      return tokenItself(options, reading, text);
  }
}

/** A platform; else the token itself, from the variable or stdin: on a command line all could read it. */
async function tokenItself(
  options: Options,
  reading: SecretReading,
  text: string,
): Promise<ReadyToken["token"]> {
  const isFlag = options.origin("token") === "flag";
  if (platformNamed(text) !== undefined) return platformSource(text, options);
  const near = text.length < 20 ? suggest(text, PLATFORM_CHOICES) : undefined;
  if (isFlag && text !== "-")
    throw wrongUsage(
      "--token names a platform, and what was given is none",
      near
        ? `did you mean --token ${near}`
        : "a token itself is given in M2MCP_TOKEN, or on stdin with --token -; --token-file PATH and --token-command COMMAND follow one that is renewed",
    );
  if (options.on("no-store-secret"))
    throw wrongUsage(
      "--no-store-secret needs a place to read the token from again",
      "give --token-file PATH or --token-command COMMAND",
    );
  return { from: "value", value: checkedText(isFlag ? await reading.stdin() : text, "token", "token") };
}
