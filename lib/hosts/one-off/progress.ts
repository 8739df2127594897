import { type JsonObject, objectOf } from "../../json.ts";
import type { Progress, ServerLog } from "./caller.ts";

/** Requests that may work for long. */
const LONG: readonly string[] = ["tools/call", "prompts/get", "resources/read"];

export const mayTakeLong = (method: string): boolean => LONG.includes(method);

let serial = 0;
/** Others may be in the same session: tokens must be unique among all that is under way (MCP "Progress"). */
const base = Math.random().toString(36).slice(2, 12);

/** The params of a long request with a token to tell its progress under; one that the user has given stays. */
export function withProgressToken(
  method: string,
  params: JsonObject,
): { params: JsonObject; token: unknown } {
  const meta = objectOf(params._meta);
  if ("progressToken" in meta || !mayTakeLong(method)) return { params, token: meta.progressToken };
  const token = `${base}-${++serial}`;
  return { params: { ...params, _meta: { ...meta, progressToken: token } }, token };
}

/** The params of a `notifications/message`. */
export function logOf({ level, logger, data }: JsonObject): ServerLog {
  return {
    level: typeof level === "string" ? level : "info",
    ...(typeof logger === "string" ? { logger } : {}),
    data,
  };
}

/** The params of a `notifications/progress`; undefined where they say nothing. */
export function progressOf({ progress, total, message }: JsonObject): Progress | undefined {
  if (typeof progress !== "number") return undefined;
  return {
    progress,
    ...(typeof total === "number" ? { total } : {}),
    ...(typeof message === "string" ? { message } : {}),
  };
}
