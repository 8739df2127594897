import { join } from "node:path";
import { jsonIn } from "../../json.ts";
import { failureCode, failureReason } from "../../net/network-failure.ts";
import { textOf } from "../../plain-text.ts";
import { codeOf } from "../../platform/error-code.ts";
import { reasonOf } from "../../platform/files/files.ts";
import { readRegularFile } from "../../platform/files/read-file.ts";
import { statOf } from "../../platform/files/stat.ts";
import { DirectFailed, requestDirectly } from "../../platform/http/direct.ts";
import type { AuthDeps } from "../deps.ts";
import { secretUnreadable } from "../errors.ts";
import { exchange } from "../exchange.ts";
import type { PlatformDeps } from "./platform.ts";

/** A metadata address is on this machine or next to it: one that is there answers in milliseconds, in ms. */
const DIRECT_TIMEOUT_MS = 1000;
/** Longest answer of a metadata address, in bytes: tokens have a few thousand. */
const DIRECT_MAX_BYTES = 64 * 1024;
/** Longest file of a token, in bytes. */
const FILE_MAX_BYTES = 64 * 1024;

/** What of authorization's means a platform's token takes. */
export type IdentityMeans = Pick<
  AuthDeps,
  "fetch" | "timeoutMs" | "log" | "tell" | "env" | "signal" | "now" | "askDirect"
>;

/** What platforms are given, from what authorization is given. */
export function createPlatformDeps(deps: IdentityMeans): PlatformDeps {
  const { env, now, log, signal, askDirect = requestDirectly } = deps;
  return {
    env,
    now,
    log,
    timeoutMs: deps.timeoutMs,
    signal,
    ask: (url, request) => exchange(deps, url, request),

    async askDirect(url, request, { ca, timeoutMs = DIRECT_TIMEOUT_MS } = {}) {
      // Neither path nor query: those of a container's agent are a secret.
      const { host } = new URL(url);
      const limits = {
        timeoutMs,
        maxBytes: DIRECT_MAX_BYTES,
        ...(signal ? { signal } : {}),
      };
      try {
        const answer = await askDirect(url, ca === undefined ? request : { ...request, ca }, limits);
        log(`${request.method} ${host} → ${answer.status}`);
        return { ...answer, json: jsonIn(answer.text) };
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        // Only its kind is told: its text may hold the request.
        const unanswered = error instanceof DirectFailed ? error.message : failureReason(failureCode(error));
        log(`${request.method} ${host}: ${unanswered}`);
        return { unanswered };
      }
    },

    isThere: (path) =>
      statOf(path).then(
        () => true,
        () => false,
      ),

    async readFile(path, { maxBytes } = { maxBytes: FILE_MAX_BYTES }) {
      try {
        return textOf((await readRegularFile(path, { maxBytes })).bytes).trim();
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw secretUnreadable(path, reasonOf(error));
      }
    },

    async listFolder(path) {
      const { readdir } = await import("node:fs/promises");
      const names = await readdir(path).catch(() => []);
      return names.sort().map((name) => join(path, name));
    },

    runProgram: (name, args) => outputOf(name, args, deps),
  };
}

async function outputOf(
  name: string,
  args: readonly string[],
  { env, signal }: IdentityMeans,
): Promise<string | undefined> {
  const { ProgramFailed, programOutput } = await import("../client/program-output.ts");
  try {
    return textOf(await programOutput(name, env, { args, signal })).trim();
  } catch (error) {
    if (error instanceof ProgramFailed && error.isMissing) return undefined;
    throw error;
  }
}
