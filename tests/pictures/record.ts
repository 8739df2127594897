// The README's recording: a real session at a real terminal, against a real shop behind a real authorization server.
//   bun tests/pictures/record.ts
// writes docs/shell.svg. Needs tmux, and nothing in /tmp/ada.
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BINARY, ROOT } from "../support/home.ts";
import { sleep } from "../support/waiting.ts";
import { CLIENT, startShop } from "./shop.ts";
import { type Frame, terminalSvg } from "./svg.ts";
import { openTerminal } from "./tmux.ts";

/** Short, since it is seen. */
const HOME = "/tmp/ada";
const SIZE = { columns: 84, rows: 25 };
/** How long what is typed, what comes of it, and the end are shown, in ms. */
const [TYPED_MS, READ_MS, LAST_MS] = [90, 2600, 6000];

if (existsSync(HOME)) throw new Error(`${HOME} is somebody's`);
mkdirSync(join(HOME, "bin"), { recursive: true });
mkdirSync(join(HOME, ".config", "Claude"), { recursive: true });
symlinkSync(BINARY, join(HOME, "bin", "m2mcp"));
const shop = await startShop();
const terminal = openTerminal(SIZE, { HOME, PATH: `${HOME}/bin:/usr/bin:/bin` });
const frames: Frame[] = [];

const take = (forMs: number) => {
  const lines = terminal.screen();
  const last = frames.at(-1);
  if (last && last.lines.join("\n") === lines.join("\n")) last.forMs += forMs;
  else frames.push({ lines, forMs });
};

/** Types a few letters a frame. */
async function type(text: string): Promise<void> {
  for (const [part] of text.matchAll(/.{1,4}/g)) {
    terminal.type(part);
    await sleep(40);
    take(TYPED_MS);
  }
}

async function enter(readMs = READ_MS): Promise<void> {
  take(400);
  terminal.press("Enter");
  await terminal.rests();
  take(readMs);
}

async function answer(question: RegExp, text: string, readMs = 500): Promise<void> {
  await terminal.shows(question);
  await type(text);
  await enter(readMs);
}

async function clear(): Promise<void> {
  terminal.type("clear");
  terminal.press("Enter");
  await terminal.rests();
  take(300);
}

try {
  await terminal.rests();
  take(600);
  await type(`m2mcp login ${shop.mcp.url} @shop --client-id ${CLIENT.id}`);
  await enter(1500);
  await answer(/1 to 2/, "");
  await answer(/^secret of .*:\s*$/m, CLIENT.secret, 3500);
  await clear();
  await type("m2mcp @shop tools-list");
  await enter();
  await type("m2mcp @shop tools-call search_orders query=shoes limit=2");
  await enter();
  await type("m2mcp @shop tools-call refund_order order=1042");
  await enter(900);
  await answer(/Amount.*:\s*$/m, "20");
  await answer(/Reason.*:\s*$/m, "damaged");
  await answer(/customer.*:\s*$/m, "", READ_MS);
  await type("m2mcp @shop tools-call monthly_report month=October");
  terminal.press("Enter");
  for (const day of [2, 4, 6, 8]) {
    await terminal.shows(new RegExp(`day ${day}`));
    take(700);
  }
  terminal.press("C-c");
  await terminal.shows(/^\$ $/m);
  take(900);
  await clear();
  await type("m2mcp install @shop --host claude-desktop");
  await enter(2200);
  await answer(/\[.*\]/, "y", LAST_MS);
  writeFileSync(join(ROOT, "docs", "shell.svg"), terminalSvg("m2mcp at a terminal", SIZE, frames));
} finally {
  terminal.close();
  await shop.end();
  rmSync(HOME, { recursive: true });
}
process.exit(0);
