import { resolve } from "node:path";
import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import { REPLACED, wholeTextOf } from "../../plain-text.ts";
import { reasonOf } from "../../platform/files/files.ts";
import { readRegularFile } from "../../platform/files/read-file.ts";
import { jsonHint, nothingOnStdin } from "../../platform/windows/pasteable.ts";
import { readJson, readJsonObject } from "./read-json.ts";
import { askedStdin } from "./stdin.ts";

/** Longest value in a file, in bytes. */
const MAX_FILE_BYTES = 128 * 1024 * 1024;

/** `key=text`, or `key:=json` with its value. */
export type Pair = { key: string } & ({ text: string } | { value: unknown });

/** What was given for a tool or a prompt, before it is known what it takes. */
export interface Given {
  /** Of JSON objects, in a word or on stdin; later ones count more. */
  base: JsonObject;
  /** They count more than `base`, in their order. */
  pairs: Pair[];
  /** Nothing was given at all. */
  isNothing: boolean;
}

type Word = { kind: "stdin" } | { kind: "object"; text: string } | PairWord;
interface PairWord {
  kind: "pair";
  key: string;
  isJson: boolean;
  from: "word" | "file" | "stdin";
  /** The text itself, or the file's path. */
  text: string;
}

/**
 * Reads `key=text`, `key:=json`, `key=@file`, `key=@-`, a JSON object in one word, and `-` for one on stdin.
 *
 * @throws M2mcpError (exit 1) naming the word that is none of these, by its place, and what cannot be read
 */
export async function readGiven(command: Command, words: readonly string[]): Promise<Given> {
  const parsed = words.map(parseWord);
  const fromStdin = parsed.filter(
    (word) => word.kind === "stdin" || ("from" in word && word.from === "stdin"),
  );
  if (fromStdin.length > 1)
    throw wrongUsage("stdin is asked for twice", "read one of them from a file: key=@FILE");
  const given: Given = { base: {}, pairs: [], isNothing: words.length === 0 };
  for (const [at, word] of parsed.entries()) {
    // The runtime has put it there; the bytes themselves are gone.
    if (words[at]?.includes(REPLACED))
      command.output.warn(`argument ${at + 1} holds U+FFFD, which is sent in place of what is no UTF-8`);
    if (word.kind === "pair") given.pairs.push(await readPair(command, word));
    else if (word.kind === "object")
      given.base = {
        ...given.base,
        ...(await readJsonObject(word.text, `argument ${at + 1} is`, jsonHint(word.text, INLINE))),
      };
    else given.base = { ...given.base, ...(await objectOnStdin(await askedStdin(command))) };
  }
  return given;
}

const INLINE = "write one JSON object in quotes, or key=value";

/** The arguments that stand on stdin. @throws M2mcpError (exit 1) when it is no JSON object */
export function objectOnStdin(text: string): Promise<JsonObject> {
  if (text.trim() === "") throw wrongUsage("stdin holds no arguments", "write a JSON object to it");
  return readJsonObject(
    text,
    "the arguments on stdin are",
    `write one JSON object, or give key=value; ${nothingOnStdin()} leaves stdin alone`,
  );
}

function parseWord(word: string, at: number): Word {
  if (word === "-") return { kind: "stdin" };
  if (/^\s*[[{]/.test(word)) return { kind: "object", text: word };
  const equals = word.indexOf("=");
  const name = word.slice(0, Math.max(equals, 0));
  if (name === "" || name === ":")
    throw wrongUsage(`argument ${at + 1} is no key=value`, "write key=value, key:='json', or a JSON object");
  const isJson = name.endsWith(":");
  const text = word.slice(equals + 1);
  const from = text === "@-" ? "stdin" : text.startsWith("@") && text.length > 1 ? "file" : "word";
  return { kind: "pair", key: isJson ? name.slice(0, -1) : name, isJson, from, text };
}

async function readPair(command: Command, { key, isJson, from, text: written }: PairWord): Promise<Pair> {
  const text =
    from === "word"
      ? written
      : from === "stdin"
        ? await askedStdin(command)
        : await readValueFile(command, key, written.slice(1));
  if (!isJson) return { key, text };
  return {
    key,
    value: await readJson(
      text,
      `the value of ${key}:= is`,
      jsonHint(from === "word" ? text : '"', `for plain text write ${key}=value`),
    ),
  };
}

async function readValueFile({ io }: Command, key: string, path: string): Promise<string> {
  const refused = (why: string) =>
    wrongUsage(
      `cannot read ${path}, the file of ${key}=@: ${why}`,
      `for text that begins with @ write ${key}:='"@…"'`,
    );
  let bytes: Uint8Array;
  try {
    bytes = (await readRegularFile(resolve(io.cwd, path), { maxBytes: MAX_FILE_BYTES, pipes: true })).bytes;
  } catch (error) {
    throw refused(reasonOf(error));
  }
  const text = wholeTextOf(bytes);
  if (text === undefined) throw refused("it holds no text");
  return text;
}
