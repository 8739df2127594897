// What a bridge tells of itself: a line on stderr for each reason, and the same in its log and for `m2mcp status`.

import { createRecorder, type Recorder } from "../../activity/recorder.ts";
import type { AuthState } from "../../auth/credentials.ts";
import type { Command } from "../../command-line/command.ts";
import { VERSION } from "../../command-line/version.ts";
import { withoutUrlSecrets } from "../../failure.ts";
import type { Observer } from "../../hosts/bridge-context.ts";
import { isObject } from "../../json.ts";
import type { RpcError } from "../../mcp/jsonrpc/message.ts";
import { sleep } from "../../timing/sleep.ts";
import type { Output } from "../../ui/output.ts";
import type { Cache } from "../target/saved.ts";
import { nameOf, type Target } from "../target/target.ts";

/** Reasons told on stderr, each once; a server that always words its refusals anew must not fill memory. */
const MAX_REASONS = 200;
/** How long a bridge that ends waits for a disk, in ms. */
const END_MS = 500;

export interface BridgeRecord {
  /** The command, whose steps and warnings are written down too. */
  command: Command;
  observer: Observer;
  /** What ends the bridge before any request was read: for the log alone. */
  failed(error: RpcError): void;
  /** The target is known from now on. @returns the same, of which is seen when its token ends */
  of(target: Target): Target;
  /** HTTP clients find it there from now on. */
  servingAt(address: string): void;
  /** One of several servers is away, for this reason; undefined: it is back. @param name of its profile */
  away(name: string, reason: string | undefined): void;
  /** Writes what is left, for a moment at most. */
  end(): Promise<void>;
}

/** Opens nothing yet: see `createRecorder`. */
export function recordBridge(command: Command): BridgeRecord {
  const { io } = command;
  const given = command.positionals.map(withoutUrlSecrets).join(" ");
  const about = { target: given, server: given };
  const targets: { target: string; server: string }[] = [];
  const recorder = createRecorder(async () => {
    // Not at the start: nobody shall wait for them.
    const { openSink } = await import("../../activity/sink.ts");
    const { stateFolders } = await import("../../platform/own-folders/state.ts");
    const { chosenLog } = await import("../activity/chosen-log.ts");
    const log = chosenLog(io.env, io.cwd);
    return openSink({
      ...about,
      ...(command.verb === "serve" ? { kind: "endpoint for" } : {}),
      folders: stateFolders(io.env),
      ...(log === undefined ? {} : { log }),
      startedAtMs: Math.round(io.now() - process.uptime() * 1000),
      version: VERSION,
      now: io.now,
    });
  });
  return {
    command: { ...command, output: recorded(command.output, recorder, io.now) },
    observer: observerOf(command, recorder),
    of(target) {
      const server = withoutUrlSecrets(target.server);
      targets.push({ server, target: nameOf(target) });
      about.server = targets.map((one) => one.server).join(" ");
      about.target = targets.map((one) => one.target).join(" ");
      if (targets.length > 1) recorder.figures.servers = targets;
      return {
        ...target,
        cache: watched(target.cache, recorder),
        onCacheUse(use) {
          recorder.figures.cache = use;
          recorder.changed();
        },
      };
    },
    servingAt(address) {
      recorder.figures.servingAt = address;
      recorder.changed();
    },
    away(name, reason) {
      const { figures } = recorder;
      figures.servers = figures.servers?.map((one) => {
        if (one.target !== `@${name}`) return one;
        const { away: _, ...rest } = one;
        return reason === undefined ? rest : { ...rest, away: withoutForeignWords(reason) };
      });
      recorder.changed();
    },
    failed: ({ message }) =>
      recorder.note({ atMs: io.now(), level: "error", method: null, id: null, text: message }),
    end: () => Promise.race([recorder.end(), sleep(END_MS)]),
  };
}

function observerOf({ output, io }: Command, { figures, changed, note }: Recorder): Observer {
  const reasons = new Set<string>();
  let isGreeted = false;
  return {
    asked(method) {
      figures.requests++;
      if (method === "tools/call") figures.calls++;
    },
    answered(method, error) {
      if (error) figures.errors++;
      else if (!isGreeted) {
        isGreeted = true;
        note({ atMs: io.now(), level: "info", method, id: null, text: "first answer" });
      }
      // Its words may repeat what it was asked.
      if (error && !isOwn(error)) {
        const [atMs, text] = [io.now(), `the server answered with error ${error.code}`];
        note({ atMs, level: "warning", method, id: null, text });
        figures.lastError = { atMs, text: `${method}: ${text}` };
      }
      changed();
    },
    failed(error, method, id) {
      const atMs = io.now();
      const text = withoutForeignWords(error.message);
      note({ atMs, level: "error", method, id, text });
      figures.lastError = { atMs, text: method === null ? text : `${method}: ${text}` };
      const { message } = error;
      if (reasons.has(message) || reasons.size >= MAX_REASONS) return;
      reasons.add(message);
      // Hosts show what is answered, and log what stands on stderr.
      output.note(`${new Date(atMs).toISOString()} error ${method ?? "-"} ${id ?? "-"}: ${message}`);
    },
  };
}

const codeIn = ({ data }: RpcError) =>
  isObject(data) && data.source === "m2mcp" ? String(data.code) : undefined;

const isOwn = (error: RpcError): boolean => codeIn(error) !== undefined;

/** A server's own words stand at the end of some messages, and may repeat what it was sent. */
const withoutForeignWords = (text: string): string =>
  text.replace(/(answered with HTTP status \d+[^:]*|ended the stream with an error): .*/s, "$1");

/** Output whose steps and warnings are written down, whether they are shown or not. */
const recorded = (output: Output, { note }: Recorder, now: () => number): Output => ({
  ...output,
  step(text, atMs = now()) {
    note({ atMs, level: "info", method: null, id: null, text: withoutForeignWords(text) });
    output.step(text, atMs);
  },
  note(text) {
    note({ atMs: now(), level: "info", method: null, id: null, text: withoutForeignWords(text) });
    output.note(text);
  },
  warn(text) {
    note({ atMs: now(), level: "warning", method: null, id: null, text: withoutForeignWords(text) });
    output.warn(text);
  },
});

/** A cache that tells the recorder when the token that is read or written ends. */
function watched(cache: Cache, { figures }: Recorder): Cache {
  const see = <S extends Partial<AuthState> | undefined>(state: S): S => {
    const endsAtMs = state?.token?.expiresAtMs;
    if (endsAtMs !== undefined) figures.tokenEndsAtMs = endsAtMs;
    return state;
  };
  return {
    ...cache,
    readAuth: async () => see(await cache.readAuth()),
    changeAuth: (change) => cache.changeAuth((old) => see(change(old))),
  };
}
