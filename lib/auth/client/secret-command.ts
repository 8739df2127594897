import { endGroup, startGroup } from "../../platform/process-groups.ts";
import { commandFailed } from "../errors.ts";

const LIMIT_MS = 30_000;
const LIMIT_BYTES = 1024 * 1024;
/** What a command started may hold its pipe open; after its own end that is waited for so long, in ms. */
const LINGER_MS = 250;

/** Our own variables hold secrets that a command has no use for; where the store is, is none. */
const isInherited = (name: string) => !/^M2MCP_(?!(HOME|STORE)$)/i.test(name);

/** What a command is run for. */
interface CommandUse {
  /** The command as messages name it. */
  what?: string;
  /** What it gets on stdin; nothing unless given. */
  input?: string;
  /** Ends it at once: nobody waits for it any more. */
  signal?: AbortSignal | undefined;
}

/**
 * What a command prints, which goes nowhere else: standard error is not shown, since it may hold the secret too. The
 * command ends with us, and with its limits of time and size.
 *
 * @throws M2mcpError command_failed (exit 4); the signal's reason
 */
export function runSecretCommand(
  command: string,
  env: Record<string, string | undefined>,
  { what, input, signal }: CommandUse = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const inherited = Object.fromEntries(Object.entries(env).filter(([name]) => isInherited(name)));
    const child = startGroup(command, inherited, input);
    const { stdout } = child;
    const parts: Buffer[] = [];
    let size = 0;
    let linger: ReturnType<typeof setTimeout> | undefined;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      clearTimeout(linger);
      signal?.removeEventListener("abort", giveUp);
      stdout?.destroy();
      endGroup(child);
      settle();
    };
    const fail = (why: string) => end(() => reject(commandFailed(why, what)));
    const giveUp = () => end(() => reject(signal?.reason));
    signal?.addEventListener("abort", giveUp);
    const timer = setTimeout(() => fail(`it did not end within ${LIMIT_MS / 1000} s`), LIMIT_MS);
    const finish = (code: number | null, signal: string | null) => {
      if (code !== 0) fail(code === null ? `it was ended by ${signal}` : `exit code ${code}`);
      else end(() => resolve(Buffer.concat(parts)));
    };
    stdout?.on("data", (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size > LIMIT_BYTES) fail("it printed more than 1 MiB");
    });
    child.on("error", () => fail("it could not be started"));
    child.on("close", finish);
    child.on("exit", (code, signal) => {
      linger = setTimeout(() => finish(code, signal), LINGER_MS);
    });
  });
}
