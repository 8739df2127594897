/** One measure: the text of each column, and for the chart m2mcp's share of its peer's figure. */
export interface Row {
  what: string;
  cells: string[];
  /** Less is better. */
  share?: number;
}

/** What was measured, and the mark to reach. */
interface Measured {
  ours: number;
  peer?: number;
  direct?: number;
  bare?: number;
  /** Of the peer's figure. */
  atMost?: number;
  ofDirectAtMost?: number;
  ofDirectAtLeast?: number;
  below?: number;
  /** More than direct, in the figure's own unit. */
  moreAtMost?: number;
}

export const markdown = (rows: readonly Row[]): string =>
  [
    "| what | m2mcp | mcp-remote | direct HTTP | bare relay | of mcp-remote | of direct | mark |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows.map(({ what, cells }) => `| ${[what, ...cells].join(" | ")} |`),
  ].join("\n");

/** @param show a figure with its unit */
export function row(what: string, show: (value: number) => string, measured: Measured): Row {
  const { ours, peer, direct, bare } = measured;
  const shown = (value: number | undefined) => (value === undefined ? "" : show(value));
  const share = (of: number | undefined) => (of === undefined ? "" : (ours / of).toFixed(2));
  return {
    what,
    cells: [
      show(ours),
      shown(peer),
      shown(direct),
      shown(bare),
      share(peer),
      share(direct),
      mark(measured, show),
    ],
    ...(peer === undefined || measured.ofDirectAtLeast !== undefined ? {} : { share: ours / peer }),
  };
}

/** The mark to reach, and whether it was. */
function mark(measured: Measured, show: (value: number) => string): string {
  const { ours, peer = Number.NaN, direct = Number.NaN } = measured;
  const { atMost, ofDirectAtMost, ofDirectAtLeast, below, moreAtMost } = measured;
  const said = (text: string, met: boolean) => `${text}: ${met ? "met" : "not met"}`;
  if (atMost !== undefined) return said(`≤ ${atMost} of mcp-remote`, ours / peer <= atMost);
  if (ofDirectAtMost !== undefined)
    return said(`≤ ${ofDirectAtMost} of direct`, ours / direct <= ofDirectAtMost);
  if (ofDirectAtLeast !== undefined)
    return said(`≥ ${ofDirectAtLeast} of direct`, ours / direct >= ofDirectAtLeast);
  if (below !== undefined) return said(`< ${show(below)}`, ours < below);
  if (moreAtMost !== undefined) return said(`≤ direct + ${show(moreAtMost)}`, ours - direct <= moreAtMost);
  return "";
}
