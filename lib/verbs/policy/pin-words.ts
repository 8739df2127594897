import { table } from "../../ui/table.ts";
import type { SurveyedTool } from "./pin-survey.ts";

const MEANINGS: Record<SurveyedTool["state"], string> = {
  same: "as it was pinned",
  changed: "changed since it was pinned",
  new: "not pinned",
  gone: "pinned, but no longer on the server",
};

/** A line for each tool: what became of it, and since when it is pinned. */
export const toolRows = (tools: readonly SurveyedTool[]): string =>
  table(
    tools.map(({ name, state, pinned, now }) => [
      name,
      MEANINGS[state],
      pinned ? `pinned ${new Date(pinned.atMs).toISOString().slice(0, 10)}` : "",
      (pinned ?? now)?.digest.slice(0, 12) ?? "",
    ]),
  );
