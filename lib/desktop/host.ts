import type { Entry } from "./entry.ts";

export type FormatName = "json" | "jsonc" | "toml" | "yaml";
/** Whose an entry is: this user's everywhere, this user's in one project, or of all who work in the project. */
export const SCOPES = ["user", "local", "project"] as const;
export type Scope = (typeof SCOPES)[number];

/** Paths as `expanded` of system.ts reads them, the likeliest first; `*` stands for one name. */
type Paths = readonly string[];

/** Where entries of one scope lie. */
export interface Files {
  paths: Paths | { darwin: Paths; linux: Paths; win32: Paths };
  /** Keys down to the entries; `{cwd}` is the project's folder. */
  under: readonly string[];
}

/** A program that starts MCP servers, and how it wants to be told of one. */
export interface Host {
  /** As `--host` names it. */
  id: string;
  title: string;
  /** json where comments are an error, jsonc where they are none. */
  format: FormatName;
  scopes: Partial<Record<Scope, Files>>;
  /** An entry as this host writes it. @param name of the server */
  value(entry: Entry, name: string): Record<string, unknown>;
  /** The name as the host keeps it. */
  key?(name: string): string;
  /** Folders and files that are there where the host is, besides its own file's folder. */
  signs: readonly string[];
  /** Programs of it that stand on PATH. */
  commands: readonly string[];
  /** What is left to do after a change. */
  afterwards: string;
  /** Names of its process, where it may write back what it has read before. */
  rewrites?: readonly string[];
}

const withEnv = ({ env }: Entry) => (Object.keys(env).length > 0 ? { env } : {});

/** The notation that most have. */
export const plain = (entry: Entry) => ({ command: entry.command, args: entry.args, ...withEnv(entry) });
/** With its transport. */
export const typed = (entry: Entry) => ({ type: "stdio", ...plain(entry) });
