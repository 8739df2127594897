import type { Row } from "./table.ts";

/** A bar for each figure: m2mcp's share of mcp-remote's, so shorter is better; the line is mcp-remote. */
export function chart(rows: readonly Row[]): string {
  const bars = rows.flatMap(({ what, share }) => (share === undefined ? [] : [{ what, share }]));
  const [left, width, step] = [400, 380, 34];
  const drawn = bars.map(({ what, share }, at) => {
    const y = 40 + at * step;
    const length = Math.max(2, Math.min(1.2, Math.max(0, share)) * width);
    const label = what.replaceAll("`", "").replaceAll("&", "&amp;");
    return [
      `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${label}</text>`,
      `<rect x="${left}" y="${y}" width="${length.toFixed(0)}" height="20" fill="#3b82f6"/>`,
      `<text x="${(left + length + 6).toFixed(0)}" y="${y + 15}">${share.toFixed(2)}</text>`,
    ].join("");
  });
  const height = 50 + bars.length * step;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="920" height="${height}" font-family="sans-serif" font-size="13">
<title>m2mcp as a share of mcp-remote</title>
<rect width="920" height="${height}" fill="#fff"/>
<text x="${left + width}" y="22" text-anchor="middle">mcp-remote = 1</text>
<line x1="${left + width}" y1="28" x2="${left + width}" y2="${height - 10}" stroke="#888" stroke-dasharray="4"/>
${drawn.join("\n")}
</svg>
`;
}
