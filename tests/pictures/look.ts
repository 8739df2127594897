// Pictures to be looked at: a session through login, lists, a form and Ctrl-C, at several widths, in several schemes.
//   bun tests/pictures/look.ts FOLDER
// writes an SVG for each, and pages of them: chromium --headless --screenshot=x.png FOLDER/sheet-80-bright-0.html
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createHome, type Home } from "../support/home.ts";
import { CLIENT, startShop } from "./shop.ts";
import { SCHEMES, terminalSvg } from "./svg.ts";
import { openTerminal, type Size, type Terminal } from "./tmux.ts";

const SIZES: Size[] = [
  { columns: 80, rows: 34 },
  { columns: 200, rows: 34 },
];

/** What is done, and after which the picture is taken. */
type Step = [name: string, act: (terminal: Terminal, url: string) => Promise<void> | void];

const line =
  (command: string): Step[1] =>
  (terminal) => {
    terminal.type("clear");
    terminal.press("Enter");
    terminal.type(command);
    terminal.press("Enter");
  };

const answer =
  (question: RegExp, text: string): Step[1] =>
  async (terminal) => {
    await terminal.shows(question);
    terminal.type(text);
    terminal.press("Enter");
  };

const STEPS: Step[] = [
  ["help", line("m2mcp --help")],
  ["login-asks", (terminal, url) => line(`m2mcp login ${url}`)(terminal, url)],
  ["login-id", answer(/client id/i, CLIENT.id)],
  ["login-proof", answer(/1 to 2/, "")],
  ["login-secret", answer(/^secret of .*:\s*$/m, CLIENT.secret)],
  ["login-name", answer(/\bname\b.*:\s*$/m, "@shop")],
  ["tools-list", line("m2mcp @shop tools-list")],
  ["tools-get", line("m2mcp @shop tools-get search_orders")],
  ["wrong-arguments", line("m2mcp @shop tools-call search_orders qury=shoes limit=many")],
  ["call", line("m2mcp @shop tools-call search_orders query=shoes limit=2")],
  ["form", line("m2mcp @shop tools-call refund_order order=1042")],
  ["form-wrong", answer(/amount/i, "99")],
  ["form-amount", answer(/amount[\s\S]*amount/i, "")],
  ["form-reason", answer(/reason/i, "1")],
  ["form-notify", answer(/customer/i, "y")],
  ["form-end", (terminal) => terminal.press("Enter")],
  [
    "progress",
    async (terminal, url) => {
      await line("m2mcp @shop tools-call monthly_report month=October")(terminal, url);
      await terminal.shows(/day [34]/);
    },
  ],
  [
    "ctrl-c",
    async (terminal) => {
      terminal.press("C-c");
      await terminal.shows(/^\$ $/m);
    },
  ],
  ["profiles", line("m2mcp profiles")],
  ["grep", line("m2mcp grep order")],
  ["unknown", line("m2mcp @shop tool-list; m2mcp @shp tools-list; m2mcp @shop tools-call refundorder")],
  ["doctor", line("m2mcp doctor @shop")],
  ["install", line("mkdir -p .config/Claude; m2mcp install @shop --dry-run")],
  ["logs", line("m2mcp status; m2mcp hosts")],
  ["resource", line("m2mcp @shop resources-read shop://terms; m2mcp @shop")],
];

const folder = resolve(process.argv[2] ?? "pictures");
mkdirSync(folder, { recursive: true });

async function walk(size: Size, home: Home, url: string): Promise<void> {
  const terminal = openTerminal(size, { HOME: home.folder });
  try {
    for (const [name, act] of STEPS) {
      await act(terminal, url);
      if (name !== "progress") await terminal.rests();
      const frame = { lines: terminal.screen(), forMs: 1 };
      for (const [scheme, colours] of Object.entries(SCHEMES)) {
        const path = join(folder, `${name}-${size.columns}-${scheme}.svg`);
        writeFileSync(path, terminalSvg(name, size, [frame], colours));
      }
    }
  } finally {
    terminal.close();
  }
}

/** Six pictures a page, so that chromium can make one PNG of them. */
function writeSheets(size: Size): void {
  for (const scheme of Object.keys(SCHEMES))
    for (let at = 0; at < STEPS.length; at += 6) {
      const shown = STEPS.slice(at, at + 6).map(([name]) => `${name}-${size.columns}-${scheme}.svg`);
      const images = shown.map((path) => `<img src="${path}">`).join("\n");
      writeFileSync(join(folder, `sheet-${size.columns}-${scheme}-${at / 6}.html`), `<body>${images}`);
    }
}

const shop = await startShop();
for (const size of SIZES) {
  const home = createHome();
  await walk(size, home, shop.mcp.url);
  await home.remove();
  writeSheets(size);
}
await shop.end();
process.exit(0);
