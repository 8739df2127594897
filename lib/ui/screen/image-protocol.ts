/** How a picture is put between the lines of a terminal. */
export type ImageProtocol = "kitty" | "iterm2";

/**
 * The protocol that a terminal is known to have, by what it says of itself in the environment. It is not asked: the
 * answer would come on stdin, which may be somebody else's.
 */
export function imageProtocol(env: Readonly<Record<string, string | undefined>>): ImageProtocol | undefined {
  const { TERM = "", TERM_PROGRAM = "", KITTY_WINDOW_ID, KONSOLE_VERSION, LC_TERMINAL } = env;
  // A multiplexer passes none of them on, whatever the terminal around it has.
  if (env.TMUX || env.STY || /^(tmux|screen|dumb)/.test(TERM)) return undefined;
  if (KITTY_WINDOW_ID || /^xterm-(kitty|ghostty)$/.test(TERM) || TERM_PROGRAM === "ghostty") return "kitty";
  // Since 22.04.
  if (Number(KONSOLE_VERSION) >= 220_400) return "kitty";
  if (TERM_PROGRAM === "iTerm.app" || TERM_PROGRAM === "WezTerm" || TERM_PROGRAM === "mintty")
    return "iterm2";
  // Carried over SSH, where TERM_PROGRAM is not.
  return LC_TERMINAL === "iTerm2" ? "iterm2" : undefined;
}
