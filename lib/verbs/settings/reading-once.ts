import { grantOf } from "../../auth/credentials.ts";
import type { Command } from "../../command-line/command.ts";
import { askerAt } from "../../ui/ask.ts";
import { type SecretReading, secretReading } from "../credentials/secret-reading.ts";
import type { Profile } from "../target/saved.ts";

/**
 * Secrets to be kept in a profile, each read once, however often it is asked for. Of a client that has its tokens by a
 * grant, what is typed at a terminal is not shown; in a pipe it comes from there.
 */
export function readingOnce(command: Command, { credentials }: Profile): SecretReading {
  const reading = secretReading(command, "value");
  const { read, stdin } = reading;
  const asker = grantOf(credentials) ? askerAt(command.io) : undefined;
  const had = new Map<string, Promise<string>>();
  const once = (name: string, get: () => Promise<string>): Promise<string> => {
    const text = had.get(name) ?? get();
    had.set(name, text);
    return text;
  };
  reading.read = (source, kind, name) => once(JSON.stringify([source, kind]), () => read(source, kind, name));
  reading.stdin = () =>
    once("stdin", asker ? async () => (await asker.hidden("client secret")) ?? "" : stdin);
  return reading;
}
