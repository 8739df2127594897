// Lines with SGR codes, as runs of one look.

export interface Look {
  /** 0 to 15, of the terminal's own colours. */
  colour?: number;
  bold?: true;
  dim?: true;
  italic?: true;
  underlined?: true;
  reversed?: true;
}

export interface Run {
  text: string;
  look: Look;
}

/** @param lines as a terminal takes them: text and `ESC [ … m`, whose look goes on in the next line */
export function runsOf(lines: readonly string[]): Run[][] {
  let look: Look = {};
  return lines.map((line) => {
    const [runs, last] = runsIn(line, look);
    look = last;
    return runs;
  });
}

function runsIn(line: string, first: Look): [Run[], Look] {
  const runs: Run[] = [];
  let look = first;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is read
  for (const [, codes, text] of line.matchAll(/\u001b\[([\d;]*)m|([^\u001b]+)/g)) {
    if (text !== undefined) runs.push({ text, look });
    else look = (codes || "0").split(";").map(Number).reduce(changed, look);
  }
  return [runs, look];
}

function changed(look: Look, code: number): Look {
  const { colour: _, ...colourless } = look;
  if (code === 0) return {};
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 3) return { ...look, italic: true };
  if (code === 4) return { ...look, underlined: true };
  if (code === 7) return { ...look, reversed: true };
  if (code >= 30 && code <= 37) return { ...look, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, colour: code - 82 };
  if (code === 39) return colourless;
  // The usual paper: nothing of ours has another.
  if (code === 49) return look;
  throw new Error(`no picture knows the code ${code}`);
}
