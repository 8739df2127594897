// What is wrong with an entry of a host's file, so that the host shows nothing: pure, over what was found on disk.
import type { OwnEntry } from "../../desktop/find-hosts.ts";
import { isUnexpanded } from "../../plain-text.ts";

/** What was found of an entry's program and store. */
export interface EntryFacts {
  program:
    | { kind: "this" | "missing" | "not executable" | "not on PATH" }
    /** Another executable of ours, or what starts ours. */
    | { kind: "other"; path: string }
    /** By its name alone, which a host may look for elsewhere. */
    | { kind: "on PATH"; path: string }
    /** By a name that stands for a batch file, as npm makes them on Windows. */
    | { kind: "batch file"; path: string };
  /** Whether the profile that is named lies in the store that the entry leads to; undefined where it names none. */
  hasProfile?: boolean;
  /** The store that the entry leads to. */
  store: string;
  /** Where this command's own profiles are. */
  ownStore: string;
  env: Record<string, string | undefined>;
}

/** One thing to know: what was seen, and what to do. */
export interface Finding {
  isFault: boolean;
  saw: string;
  fix: string;
}

/** What each host puts values for in its files; of the others, none does. */
const EXPANDS: Record<string, RegExp> = {
  "claude-code": /^\$\{\w+(?::-[^}]*)?\}$/,
  cursor: /^\$\{(?:env:\w+|userHome|workspaceFolder\w*)\}$/,
  windsurf: /^\$\{env:\w+\}$/,
  devin: /^\$\{env:\w+\}$/,
  vscode: /^\$\{[\w:.-]+\}$/,
  "vscode-insiders": /^\$\{[\w:.-]+\}$/,
  gemini: /^\$\{?\w+\}?$/,
  copilot: /^\$\{?\w+\}?$/,
};
/** Variables of ours that change what a bridge does, where they are set in a shell and the host does not pass them on. */
const PASSED_ON = [
  "M2MCP_PASSPHRASE",
  "M2MCP_CLIENT_ID",
  "M2MCP_CLIENT_SECRET",
  "M2MCP_CA",
  "M2MCP_ALLOW_HTTP",
  "HTTPS_PROXY",
  "NODE_EXTRA_CA_CERTS",
];

/**
 * @param host the id of the host whose file it is
 * @param again the command that writes the entry anew
 */
export const findingsOf = (host: string, entry: OwnEntry, facts: EntryFacts, again: string): Finding[] => [
  ...programFindings(entry, facts, again),
  ...storeFindings(entry, facts, again),
  ...variableFindings(host, entry, facts),
];

function programFindings({ command, args }: OwnEntry, { program }: EntryFacts, again: string): Finding[] {
  switch (program.kind) {
    case "this":
      return [];
    case "missing":
      return [{ isFault: true, saw: `its program ${command} does not exist`, fix: again }];
    case "not executable":
      return [
        { isFault: true, saw: `its program ${command} may not be run`, fix: `chmod +x it, or ${again}` },
      ];
    case "not on PATH":
      return [{ isFault: true, saw: `there is no ${command} on PATH`, fix: again }];
    case "on PATH":
      return [
        {
          isFault: false,
          saw: `it names ${command} without its path; here that is ${program.path}`,
          fix: `hosts started from a desktop often have another PATH: ${again}`,
        },
      ];
    case "batch file":
      return [
        {
          isFault: false,
          saw: `${command} is ${program.path}, a batch file, which not every host can start`,
          fix: `"command": "cmd", "args": ${JSON.stringify(["/c", command, ...args.slice(0, 2)]).replace(/]$/, ", …]")}; or ${again}, with the path of an executable`,
        },
      ];
    case "other":
      return [
        {
          isFault: false,
          saw: `it starts ${program.path}, which is not the m2mcp that is run now`,
          fix: `${again}, unless that is meant`,
        },
      ];
  }
}

function storeFindings({ target }: OwnEntry, facts: EntryFacts, again: string): Finding[] {
  const { hasProfile, store, ownStore } = facts;
  if (hasProfile !== false) return [];
  const elsewhere = store === ownStore ? "" : `; this command's profiles are in ${ownStore}`;
  return [
    { isFault: true, saw: `it names ${target}, which is not in its store ${store}${elsewhere}`, fix: again },
  ];
}

function variableFindings(host: string, { env, args, target }: OwnEntry, facts: EntryFacts): Finding[] {
  const findings: Finding[] = [];
  for (const [name, value] of [...Object.entries(env), ...args.map((arg) => ["an argument", arg] as const)]) {
    if (/^~[\\/]/.test(value))
      findings.push({
        isFault: true,
        saw: `${name} is ${value}, and hosts expand no ~`,
        fix: "write the whole path",
      });
    if (!isUnexpanded(value) && !/^\$\w+$/.test(value)) continue;
    const variable = /\w+(?=\W*$)/.exec(value)?.[0] ?? "";
    if (!EXPANDS[host]?.test(value))
      findings.push({
        isFault: true,
        saw: `${name} is ${value}, for which this host puts no value`,
        fix: "write the value there, or m2mcp login once and name the profile: its secret lies in the store",
      });
    else if (!/input:/.test(value) && facts.env[variable] === undefined)
      findings.push({
        isFault: false,
        saw: `${name} is ${value}, and ${variable} is not set here`,
        fix: `set ${variable} where the host is started`,
      });
  }
  // What a profile holds needs no variable.
  const missing = PASSED_ON.filter(
    (name) => facts.env[name] && env[name] === undefined && !(target?.startsWith("@") && /CLIENT/.test(name)),
  );
  if (missing.length > 0)
    findings.push({
      isFault: false,
      saw: `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} set here, and not in the entry`,
      fix: "hosts often pass on little of a shell's environment: put into the entry's env what the bridge needs",
    });
  return findings;
}
