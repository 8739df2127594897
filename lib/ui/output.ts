// What people read: where a command's words go, and how they look there.
import { type ConsolaInstance, createConsola } from "consola/core";
import { showControls, showControlsInJson } from "../controls.ts";
import { type M2mcpError, withoutUrlSecrets } from "../failure.ts";
import { oneLine } from "../net/one-line.ts";
import type { Sink } from "../platform/streams/sink.ts";
import { pasteable } from "../platform/windows/pasteable.ts";
import { failureJson } from "./failure-json.ts";
import type { JsonFilter } from "./jq.ts";
import { jsonText } from "./json-text.ts";
import type { Screens } from "./screen/screen.ts";
import { marked, type Role, type Shown } from "./screen/style.ts";

/** Where a command's words go: results on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean;
  /** What stdout and stderr can show. */
  readonly screen: Screens;
  /** A result for people; nothing in JSON mode. A newline is added. At a terminal control characters are shown. */
  print(text: string): void;
  /** The same of a text in which nothing foreign steers a terminal any more: it goes there as it is. */
  show(text: Shown): void;
  /** A result for programs; nothing but in JSON mode. @throws M2mcpError (exit 1) where --jq fails on it */
  data(value: unknown): void;
  /**
   * One object of several, as it is written where each has a line of its own: what --jq makes of it may have several lines
   * or none.
   *
   * @throws M2mcpError (exit 1) where --jq fails on it
   */
  line(value: unknown): string;
  /** Bytes as they are, in every mode; at a terminal as text with its control characters shown. */
  raw(bytes: Uint8Array | string): void;
  /** What a person should know, on stderr; not with --quiet. */
  note(line: string): void;
  warn(line: string): void;
  /** What a person may do next, on stderr; not with --quiet. */
  hint(line: string): void;
  /** One step of the work, on stderr with --verbose. @param atMs when that was, to be shown */
  step(line: string, atMs?: number): void;
  /**
   * The failure that ended the command: on stderr for people, and in JSON mode as the one object on stdout. Once, however
   * often it is told.
   *
   * @param hasResult the server's result is the one object already
   */
  failure(error: M2mcpError, hasResult?: boolean): void;
}

/** Longest line on stderr, in characters. */
const LONGEST_LINE = 2000;
const decoder = new TextDecoder();

/** Foreign text may be within: one line, in which nothing steers the terminal of whoever reads it. */
const line = (text: string) => withoutUrlSecrets(ownLine(text));
const ownLine = (text: string) => pasteable(oneLine(text, LONGEST_LINE));

/** Text for a terminal. */
const visible = (text: string) => showControls(text.replaceAll("\r\n", "\n"), "\n\t");

const told = new WeakSet<M2mcpError>();

/** It was told in other words: `failure` says nothing of it any more. */
export const markTold = (error: M2mcpError): void => void told.add(error);
export const wasTold = (error: M2mcpError): boolean => told.has(error);

const timed = (text: string, atMs: number | undefined) =>
  atMs === undefined ? text : `${new Date(atMs).toISOString().slice(11, -1)} ${text}`;

/** @throws M2mcpError where the filter fails */
function lineOf(value: unknown, filter: JsonFilter | undefined, isTerminal: boolean): string {
  if (!filter) return `${showControlsInJson(jsonText(value))}\n`;
  const { text, failure } = filter(jsonText(value));
  if (failure) throw failure;
  return isTerminal ? visible(text) : text;
}

/** How a command's words are wanted. */
export interface OutputMode {
  json: boolean;
  verbose: boolean;
  /** Nothing on stderr but the failure that ends the command. */
  quiet?: boolean;
  /** In JSON mode: what is made of each object before it is written. */
  filter?: JsonFilter;
  /** False when stdout belongs to the bridge: then nothing at all is written there. */
  results: boolean;
}

/** Levels of consola that are used: 0 failures, 1 warnings, 3 notes, 4 steps. */
const levelOf = ({ verbose, quiet = false }: OutputMode) => (quiet ? 0 : verbose ? 4 : 3);

/** consola writes to stdout by default, where results stand. */
const openLines = (stderr: Sink, mode: OutputMode): ConsolaInstance =>
  createConsola({
    level: levelOf(mode),
    throttle: 0,
    reporters: [{ log: ({ args }) => void stderr.write(`${args.join(" ")}\n`) }],
  });

/** @param screen what the two streams are, made once for the process */
export function createOutput(
  streams: { readonly stdout: Sink; readonly stderr: Sink },
  mode: OutputMode,
  screen: Screens,
): Output {
  let opened: ConsolaInstance | undefined;
  const lines = () => {
    opened ??= openLines(streams.stderr, mode);
    return opened;
  };
  const headed = (word: string, role: Role, text: string) => `${marked(word, screen.err, role)} ${text}`;
  const write = (chunk: Uint8Array | string) => {
    if (mode.results) streams.stdout.write(chunk);
  };
  /** Where results leave that may hold anything: a terminal gets no control character from a server. */
  const raw = (chunk: Uint8Array | string) =>
    write(
      mode.results && screen.out.isTerminal
        ? visible(typeof chunk === "string" ? chunk : decoder.decode(chunk))
        : chunk,
    );
  const data = (value: unknown) => {
    if (!mode.json) return;
    if (!mode.filter) return write(`${showControlsInJson(jsonText(value, 2))}\n`);
    const { text, failure } = mode.filter(jsonText(value));
    raw(text);
    if (failure) throw failure;
  };
  const ended = (text: string) => (text.endsWith("\n") ? text : `${text}\n`);
  return {
    json: mode.json,
    screen,
    print(text) {
      if (!mode.json) raw(ended(text));
    },
    show(text) {
      if (!mode.json) write(ended(text));
    },
    data,
    line: (value) => lineOf(value, mode.filter, screen.out.isTerminal),
    raw,
    note: (text) => lines().log(line(text)),
    warn: (text) => lines().warn(headed("warning:", "warning", line(text))),
    hint: (text) => lines().log(headed("hint:", "hint", line(text))),
    step(text, atMs) {
      if (mode.verbose) lines().debug(marked(`· ${line(timed(text, atMs))}`, screen.err, "muted"));
    },
    failure(error, hasResult = false) {
      if (told.has(error)) return;
      told.add(error);
      // An expression is for results; of an error it would make what nobody meant.
      if (!hasResult && !mode.filter) data(failureJson(error));
      lines().fatal(headed("error:", "error", ownLine(error.message)));
      if (error.hint !== undefined) lines().fatal(headed("hint:", "hint", ownLine(error.hint)));
    },
  };
}
