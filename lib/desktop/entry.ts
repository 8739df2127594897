// The entry of one server in a host's file: the program that the host starts, and what it is started with.
import { isObject } from "../json.ts";

/** As a host starts it, whatever its file calls these. */
export interface Entry {
  command: string;
  args: string[];
  /** Never a secret: what the program needs to find its store. */
  env: Record<string, string>;
}

/** How this program is started. */
export interface Program {
  command: string;
  /** Before our own arguments: of a runtime that runs the source. */
  args: readonly string[];
}

/**
 * The entry of a saved connection. Secrets stay in the store, so that only its name stands there.
 *
 * @param profile its name, without the `@`
 * @param program the executable's path, or how the source is run
 * @param more further arguments of `bridge`, without secrets
 * @param env variables that the host does not pass on
 */
export function desktopEntry(
  profile: string,
  program: string | Program,
  more: readonly string[] = [],
  env: Record<string, string> = {},
): Entry {
  const { command, args } = typeof program === "string" ? { command: program, args: [] } : program;
  return { command, args: [...args, "bridge", `@${profile}`, ...more], env };
}

/** Whether every host takes a name: some make it a part of the names of tools, which have no dots. */
export const isEntryName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(text);

/** The name that the entry of a connection has. */
export const entryName = (profile: string): string => profile.replace(/[^A-Za-z0-9_-]+/g, "-");

/** Names that the executable has, and that of its source. */
const OUR_NAMES =
  /(?:^|[\\/])(?:m2mcp(?:-(?:darwin|linux|windows)[\w-]*)?(?:\.(?:exe|cmd|ps1))?|m2mcp[^\\/]*[\\/]cli\.ts)$/i;

/** Whether an entry starts this program, by itself or through a runtime, a shell or a package runner. */
export const isOurs = (entry: Pick<Entry, "command" | "args">): boolean =>
  [entry.command, ...entry.args].some((word) => OUR_NAMES.test(word)) ||
  // Source in a folder of any name.
  (entry.args.some((word) => /[\\/]cli\.ts$/.test(word)) && entry.args.includes("bridge"));

/** What an entry of ours connects to: `@svc`, an address, or `@a @b` where several become one. */
export function targetOf({ args }: Pick<Entry, "args">): string | undefined {
  const after = args.slice(args.indexOf("bridge") + 1);
  const at = after.findIndex((word) => word.startsWith("@") || /^https?:\/\//i.test(word));
  if (at < 0) return undefined;
  const [first = "", ...rest] = after.slice(at);
  const end = rest.findIndex((word) => !word.startsWith("@"));
  return [first, ...(first.startsWith("@") ? rest.slice(0, end < 0 ? rest.length : end) : [])].join(" ");
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** What a value of a host's file starts, in any of the hosts' notations; undefined when it starts nothing here. */
export function entryOf(value: unknown): Entry | undefined {
  if (!isObject(value)) return undefined;
  // Zed's older notation has one more level.
  const nested = isObject(value.command) ? value.command : undefined;
  const command = nested ? nested.path : (value.command ?? value.cmd);
  if (typeof command !== "string") return undefined;
  const env = nested?.env ?? value.env ?? value.envs;
  const pairs = isObject(env) ? Object.entries(env).map(([name, held]) => [name, String(held)] as const) : [];
  return { command, args: texts(nested?.args ?? value.args), env: Object.fromEntries(pairs) };
}
