import type { Writable } from "node:stream";
import { createConsola } from "consola/core";
import { showControls, showControlsInJson } from "../controls.ts";
import { type M2mcpError, withoutUrlSecrets } from "../failure.ts";
import { oneLine } from "../net/one-line.ts";
import type { Sink } from "../platform/standard-streams.ts";
import { jsonText } from "./json-text.ts";

/** Where a command's words go: results on stdout, everything else on stderr. */
export interface Output {
  readonly json: boolean;
  /** A result for people; nothing in JSON mode. A newline is added. At a terminal control characters are shown. */
  print(text: string): void;
  /** A result for programs; nothing but in JSON mode. */
  data(value: unknown): void;
  /** Bytes as they are, in every mode; at a terminal as text with its control characters shown. */
  raw(bytes: Uint8Array | string): void;
  /** What a person should know, on stderr. */
  note(line: string): void;
  warn(line: string): void;
  /** One step of the work, on stderr with --verbose. @param atMs when that was, to be shown */
  step(line: string, atMs?: number): void;
  /** The failure that ended the command; once, however often it is told. @param quiet its JSON is not wanted: a result stands there already */
  failure(error: M2mcpError, quiet?: boolean): void;
}

/** Longest line on stderr, in characters. */
const LONGEST_LINE = 2000;
const decoder = new TextDecoder();

/** Foreign text may be within: one line, in which nothing steers the terminal of whoever reads it. */
const line = (text: string) => withoutUrlSecrets(oneLine(text, LONGEST_LINE));

/** Text for a terminal. */
const visible = (text: string) => showControls(text.replaceAll("\r\n", "\n"), "\n\t");

const told = new WeakSet<M2mcpError>();

/** It was told in other words: `failure` says nothing of it any more. */
export const markTold = (error: M2mcpError): void => void told.add(error);

const timed = (text: string, atMs: number | undefined) =>
  atMs === undefined ? text : `${new Date(atMs).toISOString().slice(11, -1)} ${text}`;

/** Levels of consola that are used: 0 failures, 1 warnings, 3 notes, 4 steps. */
const prefixes: Record<string, string> = { warn: "warning: ", debug: "· " };

/**
 * @param mode.results false when stdout belongs to the bridge: then nothing at all is written there
 */
export function createOutput(
  streams: { readonly stdout: Sink; readonly stderr: Writable },
  mode: { json: boolean; verbose: boolean; results: boolean },
): Output {
  // consola writes to stdout by default, where results stand.
  const open = () =>
    createConsola({
      level: mode.verbose ? 4 : 3,
      throttle: 0,
      reporters: [
        {
          log({ type, args }) {
            streams.stderr.write(`${prefixes[type] ?? ""}${args.join(" ")}\n`);
          },
        },
      ],
    });
  let opened: ReturnType<typeof open> | undefined;
  const lines = () => {
    opened ??= open();
    return opened;
  };
  /** The one place where results leave: whatever they hold, a terminal gets no control character from a server. */
  const write = (chunk: Uint8Array | string) => {
    if (!mode.results) return;
    const forPeople = streams.stdout.isTTY === true;
    streams.stdout.write(
      forPeople ? visible(typeof chunk === "string" ? chunk : decoder.decode(chunk)) : chunk,
    );
  };
  const data = (value: unknown) => {
    if (mode.json) write(`${showControlsInJson(jsonText(value, 2))}\n`);
  };
  return {
    json: mode.json,
    print(text) {
      if (!mode.json) write(text.endsWith("\n") ? text : `${text}\n`);
    },
    data,
    raw: write,
    note: (text) => lines().log(line(text)),
    warn: (text) => lines().warn(line(text)),
    step(text, atMs) {
      if (mode.verbose) lines().debug(line(timed(text, atMs)));
    },
    failure(error, quiet = false) {
      if (told.has(error)) return;
      told.add(error);
      if (mode.json && mode.results) {
        const { code, message, hint, exitCode } = error;
        if (!quiet) data({ error: { code, message, ...(hint === undefined ? {} : { hint }), exitCode } });
        return;
      }
      lines().log(`error: ${oneLine(error.message, LONGEST_LINE)}`);
      if (error.hint !== undefined) lines().log(`hint: ${oneLine(error.hint, LONGEST_LINE)}`);
    },
  };
}
