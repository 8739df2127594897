// Screens of a terminal as an SVG: one, or many one after the other.
import { textWidth } from "../../lib/platform/text-width.ts";
import { type Look, type Run, runsOf } from "./sgr.ts";
import type { Size } from "./tmux.ts";

/** The sixteen colours of a terminal, and its paper and ink. */
export interface Scheme {
  paper: string;
  ink: string;
  colours: readonly string[];
}

export const SCHEMES = {
  dark: scheme("#16181d", "#d8dae0", "#16181d #ff6b6b #62d196 #e6c566 #6cb2f7 #d79bf0 #5fd3d3 #d8dae0"),
  bright: scheme("#ffffff", "#24292f", "#24292f #c4262e #1a7f37 #9a6700 #0969da #8250df #1b7c83 #6e7781"),
  // What xterm has, and most that follow it: the hardest to read on white.
  "xterm-dark": scheme("#000000", "#e5e5e5", "#000 #cd0000 #00cd00 #cdcd00 #0000ee #cd00cd #00cdcd #e5e5e5"),
  "xterm-bright": scheme(
    "#ffffff",
    "#000000",
    "#000 #cd0000 #00cd00 #cdcd00 #0000ee #cd00cd #00cdcd #e5e5e5",
  ),
} as const;

function scheme(paper: string, ink: string, colours: string): Scheme {
  return { paper, ink, colours: colours.split(" ") };
}

export interface Frame {
  lines: readonly string[];
  /** How long it stays, in ms. */
  forMs: number;
}

const CELL = { width: 8.4, height: 18 };
const EDGE = 14;
const FONT = 14;

/**
 * @param frames the fullest stays for those who want no movement
 * @param fixed one scheme; without it the reader's own
 */
export function terminalSvg(title: string, size: Size, frames: readonly Frame[], fixed?: Scheme): string {
  const width = Math.ceil(size.columns * CELL.width + 2 * EDGE);
  const height = size.rows * CELL.height + 2 * EDGE;
  const lines = new Map<string, string>();
  const screens = frames.map(({ lines: shown }) =>
    runsOf(shown).map((runs, row) => {
      const drawn = drawnLine(runs);
      if (drawn === "") return "";
      const id = lines.get(drawn) ?? `l${lines.size}`;
      lines.set(drawn, id);
      return `<use href="#${id}" y="${row * CELL.height}"/>`;
    }),
  );
  const drawn = screens.map((rows, at) => `<g class="f" id="f${at}">${rows.join("")}</g>`);
  const defined = [...lines].map(([line, id]) => `<g id="${id}">${line}</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<style>
text{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink);white-space:pre}
${coloursOf(fixed ?? SCHEMES.bright)}
${fixed ? "" : `@media (prefers-color-scheme:dark){${coloursOf(SCHEMES.dark)}}`}
${[...Array(8).keys()].map((colour) => `.c${colour}{fill:var(--c${colour})}`).join("")}
.b{font-weight:700}.d{opacity:.65}.i{font-style:italic}.u{text-decoration:underline}.r{fill:var(--paper)}
${timesOf(frames)}
</style>
<rect width="${width}" height="${height}" rx="8" fill="var(--paper)" stroke="var(--c7)" stroke-opacity=".4"/>
<defs>${defined.join("\n")}</defs>
<g transform="translate(${EDGE} ${EDGE})">
${drawn.join("\n")}
</g>
</svg>
`;
}

const coloursOf = ({ paper, ink, colours }: Scheme) =>
  `svg{--paper:${paper};--ink:${ink};${colours.map((colour, at) => `--c${at}:${colour}`).join(";")}}`;

/** The frame with the most on it: it says most by itself. */
function fullest(frames: readonly Frame[]): number {
  const sizes = frames.map(({ lines }) => lines.filter((line) => line.trim() !== "").length);
  return sizes.lastIndexOf(Math.max(...sizes));
}

/** Each frame is seen in its time, by turns; a single one, or the fullest without movement, always. */
function timesOf(frames: readonly Frame[]): string {
  if (frames.length === 1) return "";
  const allMs = frames.reduce((sum, { forMs }) => sum + forMs, 0);
  let fromMs = 0;
  const times = frames.map(({ forMs }, at) => {
    const share = (ms: number) => `${((ms / allMs) * 100).toFixed(3)}%`;
    const [from, to] = [share(fromMs), share(fromMs + forMs)];
    fromMs += forMs;
    const before = at === 0 ? "" : `0%{visibility:hidden}`;
    const after = at === frames.length - 1 ? "" : `${to}{visibility:hidden}`;
    return `@keyframes k${at}{${before}${from}{visibility:visible}${after}}#f${at}{animation-name:k${at}}`;
  });
  const still = `.f{visibility:hidden}#f${fullest(frames)}{visibility:visible}`;
  const moving = `.f{animation:${(allMs / 1000).toFixed(1)}s step-end infinite}\n${times.join("\n")}`;
  return `${still}\n@media (prefers-reduced-motion:no-preference){${moving}}`;
}

function drawnLine(runs: readonly Run[]): string {
  let column = 0;
  return runs
    .map(({ text, look }) => {
      const width = textWidth(text);
      const x = (column * CELL.width).toFixed(1);
      column += width;
      const body = text.trimEnd();
      if (body === "" && !look.reversed) return "";
      const shown = look.reversed ? text : body;
      const length = (textWidth(shown) * CELL.width).toFixed(1);
      const paper = look.reversed
        ? `<rect x="${x}" width="${length}" height="${CELL.height}" class="${look.colour === undefined ? "" : `c${look.colour % 8}`}" ${look.colour === undefined ? 'fill="var(--ink)"' : ""}/>`
        : "";
      return `${paper}<text x="${x}" y="13.5" textLength="${length}" lengthAdjust="spacingAndGlyphs"${classesOf(look)}>${escaped(shown)}</text>`;
    })
    .join("");
}

function classesOf({ colour, bold, dim, italic, underlined, reversed }: Look): string {
  const classes = [
    ...(colour === undefined || reversed ? [] : [`c${colour % 8}`]),
    ...(bold ? ["b"] : []),
    ...(dim ? ["d"] : []),
    ...(italic ? ["i"] : []),
    ...(underlined ? ["u"] : []),
    ...(reversed ? ["r"] : []),
  ];
  return classes.length > 0 ? ` class="${classes.join(" ")}"` : "";
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
