// What a terminal can show, and text as it fits there.
import { wrongUsage } from "../../failure.ts";
import { type ImageProtocol, imageProtocol } from "./image-protocol.ts";

/** What may be a terminal. */
export interface Surface {
  readonly isTTY?: boolean | undefined;
  /** Of the terminal. */
  readonly columns?: number | undefined;
}

/** What one of the output streams can show. Each is found out when it is first asked for, and then stays. */
export interface Screen {
  /** Whether a person reads it. */
  readonly isTerminal: boolean;
  /** Columns that lines are fitted to; undefined where nothing is fitted, since a program reads it. */
  readonly columns: number | undefined;
  /** Bits of a colour, 4 for the terminal's own sixteen; 0 for none. */
  readonly colours: ColourBits;
  /** How pictures are shown between lines; undefined where they cannot be. */
  readonly images: ImageProtocol | undefined;
}

/** One for stdout, one for stderr: the one may be a pipe while the other is a terminal. */
export interface Screens {
  readonly out: Screen;
  readonly err: Screen;
}

type ColourBits = 0 | 4 | 8 | 24;
type Env = Readonly<Record<string, string | undefined>>;

const CHOICES = ["auto", "always", "never"] as const;
export type ColourChoice = (typeof CHOICES)[number];

/** Of a terminal that does not say how broad it is. */
const USUAL_COLUMNS = 80;

/**
 * What `--color` says.
 *
 * @param text undefined where the option is not given
 * @throws M2mcpError (exit 1) where it is none of the three
 */
export function colourChoice(text: string | undefined): ColourChoice {
  const found = CHOICES.find((choice) => choice === (text ?? "auto"));
  if (!found) throw wrongUsage("--color takes auto, always or never", "write it like --color never");
  return found;
}

/** The same of raw arguments, for what is said before they are understood: what is wrong there is told later. */
export function rawColourChoice(argv: readonly string[], env: Env): ColourChoice {
  let given = env.M2MCP_COLOR;
  for (const [at, word] of argv.entries()) {
    if (word === "--color") given = argv[at + 1];
    else if (word.startsWith("--color=")) given = word.slice("--color=".length);
  }
  return CHOICES.find((choice) => choice === given) ?? "auto";
}

/** The screens of a process, made once. Nothing is asked of a stream before something is. */
export const createScreens = (
  surfaces: { readonly stdout: Surface; readonly stderr: Surface },
  env: Env,
  choice: ColourChoice,
): Screens => ({
  out: screenOf(surfaces.stdout, env, choice),
  err: screenOf(surfaces.stderr, env, choice),
});

function screenOf(surface: Surface, env: Env, choice: ColourChoice): Screen {
  const isTerminal = once(() => surface.isTTY === true);
  const columns = once(() => (isTerminal() ? surface.columns || USUAL_COLUMNS : undefined));
  const colours = once(() => colourBits(isTerminal(), env, choice));
  const images = once(() => (isTerminal() ? imageProtocol(env) : undefined));
  return {
    get isTerminal() {
      return isTerminal();
    },
    get columns() {
      return columns();
    },
    get colours() {
      return colours();
    },
    get images() {
      return images();
    },
  };
}

function once<T>(find: () => T): () => T {
  let found: { value: T } | undefined;
  return () => {
    found ??= { value: find() };
    return found.value;
  };
}

/**
 * `--color` before all; then FORCE_COLOR and CLICOLOR_FORCE, which say what a pipe may have; then NO_COLOR, CLICOLOR=0
 * and TERM=dumb. What is empty says nothing.
 */
function colourBits(isTerminal: boolean, env: Env, choice: ColourChoice): ColourBits {
  const { FORCE_COLOR: forced = "", CLICOLOR_FORCE: alsoForced = "" } = env;
  if (choice === "never") return 0;
  if (choice === "always") return depthOf(env);
  if (["0", "false"].includes(forced)) return 0;
  if (forced !== "" || !["", "0"].includes(alsoForced)) return depthOf(env);
  const isOff = (env.NO_COLOR ?? "") !== "" || env.CLICOLOR === "0" || env.TERM === "dumb";
  return isTerminal && !isOff ? depthOf(env) : 0;
}

function depthOf({ FORCE_COLOR, COLORTERM = "", TERM = "", WT_SESSION }: Env): ColourBits {
  if (FORCE_COLOR === "3" || /^(truecolor|24bit)$/.test(COLORTERM) || WT_SESSION) return 24;
  return FORCE_COLOR === "2" || /-256(color)?$/.test(TERM) ? 8 : 4;
}
