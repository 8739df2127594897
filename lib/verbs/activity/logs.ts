import { lineOf } from "../../activity/entry.ts";
import { createFollower } from "../../activity/follow-logs.ts";
import { type LoggedEntry, type LogSource, lastEntries, logsOf } from "../../activity/read-logs.ts";
import { listRunning } from "../../activity/running.ts";
import type { Command } from "../../command-line/command.ts";
import { showControls } from "../../controls.ts";
import { wrongUsage } from "../../failure.ts";
import { stateFolders } from "../../platform/own-folders/state.ts";
import { sleep } from "../../timing/sleep.ts";
import { chosenLog } from "./chosen-log.ts";

const USUAL_LINES = 200;
/** How often is looked for more, in ms. */
const LOOK_MS = 250;

/** `m2mcp logs [@svc] [--follow]`: what bridges wrote down, in the order of time. */
export async function run(command: Command): Promise<undefined> {
  const { options, output, io } = command;
  const [target] = command.positionals;
  const most = lineCount(options.value("lines"));
  const folders = stateFolders(io.env);
  const find = async () => logsOf(folders?.logs, target, await elsewhere(command));
  const logs = await find();
  const entries = await lastEntries(logs, most);
  const isFollowing = options.on("follow");
  const show = (entry: LoggedEntry) => shown(command, entry, isFollowing, target === undefined);
  if (!isFollowing) output.data({ entries: entries.map(asJson) });
  if (!output.json || isFollowing) for (const entry of entries) show(entry);
  if (entries.length === 0 && !output.json)
    output.note(
      `no logs${target === undefined ? "" : ` of ${target}`} in ${folders?.logs ?? "any folder"} yet`,
    );
  if (isFollowing) await follow(command, find, show);
}

async function follow(
  { io }: Command,
  find: () => Promise<LogSource[]>,
  show: (entry: LoggedEntry) => void,
): Promise<void> {
  // A reader that has gone wants no more.
  const { gone } = io.openStdout();
  const follower = createFollower(find);
  for (const entry of await follower.begin()) show(entry);
  while (!gone.aborted) {
    await sleep(LOOK_MS, gone).catch(() => {});
    for (const entry of await follower.news()) show(entry);
  }
  await follower.end();
}

/** Logs that `M2MCP_LOG` has put elsewhere: here, or for a bridge that runs. */
async function elsewhere({ io }: Command): Promise<LogSource[]> {
  const folders = stateFolders(io.env);
  const running = folders ? await listRunning(folders.running, io.now()) : [];
  const chosen = chosenLog(io.env, io.cwd);
  return [
    ...running.flatMap(({ log, target, pid }) => (log === null ? [] : [{ file: log, target, pid }])),
    ...(chosen ? [{ file: chosen, target: "M2MCP_LOG", pid: null }] : []),
  ];
}

function lineCount(text: string | undefined): number {
  if (text === undefined) return USUAL_LINES;
  const count = Number(text);
  if (text.trim() === "" || !Number.isInteger(count) || count < 0)
    throw wrongUsage(`--lines ${text} is no number of lines`, "give it like --lines 50");
  return count;
}

/** As JSON, each line is an object of its own while more may come. */
function shown({ output, io }: Command, entry: LoggedEntry, isFollowing: boolean, isMixed: boolean): void {
  const people = () => `${showControls(isMixed ? `${entry.target}  ${lineOf(entry)}` : lineOf(entry))}\n`;
  const text = output.json ? output.line(asJson(entry)) : people();
  // While more may come it has to be seen whether the reader has gone.
  if (isFollowing) void io.openStdout().write(text);
  else output.print(text);
}

const asJson = ({ atMs, ...entry }: LoggedEntry) => ({ time: new Date(atMs).toISOString(), ...entry });
