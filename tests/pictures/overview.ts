// The picture of what m2mcp is, for the README: boxes and arrows, in the reader's own scheme.

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  title: string;
  lines: readonly string[];
  isOurs?: true;
}

interface Arrow {
  from: readonly [x: number, y: number];
  to: readonly [x: number, y: number];
  label: string;
}

const BOXES: readonly Box[] = [
  { x: 10, y: 20, width: 200, height: 84, title: "Claude Desktop", lines: ["or any other MCP host"] },
  {
    x: 10,
    y: 176,
    width: 200,
    height: 84,
    title: "a shell, a script, CI",
    lines: ["m2mcp @svc tools-call …"],
  },
  {
    x: 340,
    y: 10,
    width: 200,
    height: 260,
    title: "m2mcp",
    lines: [
      "one executable",
      "",
      "bridges stdio and HTTP,",
      "translates MCP's eras,",
      "renews tokens,",
      "no browser, ever",
      "",
      "keeps secrets and",
      "tokens encrypted",
    ],
    isOurs: true,
  },
  {
    x: 670,
    y: 20,
    width: 220,
    height: 84,
    title: "authorization server",
    lines: ["OAuth client credentials"],
  },
  { x: 670, y: 176, width: 220, height: 84, title: "your MCP server", lines: ["remote, protected"] },
];

const ARROWS: readonly Arrow[] = [
  { from: [210, 62], to: [340, 62], label: "stdio" },
  { from: [210, 218], to: [340, 218], label: "commands" },
  { from: [540, 62], to: [670, 62], label: "id + secret" },
  { from: [670, 84], to: [540, 84], label: "token" },
  { from: [540, 218], to: [670, 218], label: "HTTP + token" },
];

/** @returns an SVG */
export function overviewSvg(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 280" width="900" height="280" role="img" aria-label="m2mcp between MCP hosts or a shell, and a protected MCP server">
<title>m2mcp stands between an MCP host or a shell, and a protected MCP server whose tokens it gets by itself</title>
<style>
svg{--ink:#24292f;--soft:#57606a;--line:#8c959f;--paper:#f6f8fa;--ours:#ddf4ff;--edge:#0969da}
@media (prefers-color-scheme:dark){svg{--ink:#e6edf3;--soft:#9da7b3;--line:#6e7681;--paper:#161b22;--ours:#0c2d4d;--edge:#58a6ff}}
text{font:14px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:var(--soft);text-anchor:middle}
.t{font-weight:600;font-size:16px;fill:var(--ink)}.b{fill:var(--paper);stroke:var(--line)}.o{fill:var(--ours);stroke:var(--edge);stroke-width:2}
path{stroke:var(--line);stroke-width:2;fill:none}.h{fill:var(--line);stroke:none}
</style>
${BOXES.map(box).join("\n")}
${ARROWS.map(arrow).join("\n")}
</svg>
`;
}

function box({ x, y, width, height, title, lines, isOurs }: Box): string {
  const middle = x + width / 2;
  const top = y + 34;
  const drawn = lines.map((line, at) =>
    line === "" ? "" : `<text x="${middle}" y="${top + 26 + at * 20}">${line}</text>`,
  );
  const frame = `<rect class="${isOurs ? "o" : "b"}" x="${x}" y="${y}" width="${width}" height="${height}" rx="10"/>`;
  return `${frame}<text class="t" x="${middle}" y="${top}">${title}</text>${drawn.join("")}`;
}

function arrow({ from: [x1, y1], to: [x2, y2], label }: Arrow): string {
  const way = Math.sign(x2 - x1);
  const head = `<path class="h" d="M${x2 - 2 * way} ${y2}l${-10 * way} -5v10z"/>`;
  const said = `<text x="${(x1 + x2) / 2}" y="${way > 0 ? y1 - 8 : y1 + 18}">${label}</text>`;
  return `<path d="M${x1 + 4 * way} ${y1}L${x2 - 10 * way} ${y2}"/>${head}${said}`;
}
