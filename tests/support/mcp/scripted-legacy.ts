// A legacy server that does the handshake rightly and leaves everything else, right or wrong, to the test.
import { reply, type Script, serveScript } from "./scripted.ts";

export interface LegacyOptions {
  /** Sees each request first; true: it has dealt with it, handshake or not. */
  before?: (...asked: Parameters<Script>) => boolean | undefined;
  /** What the answer to the handshake has beside, or in place of, the usual. */
  handshake?: object;
  /** Whether it gives out session ids: s1, s2, … */
  sessions?: boolean;
}

const HANDSHAKE = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: { listChanged: true } },
  serverInfo: { name: "scripted", version: "1" },
};

/** What answers as a legacy server does: `script` where a request, or a GET, is left to it. */
export function legacy(
  script: Script,
  { before, handshake = {}, sessions = true }: LegacyOptions = {},
): Script {
  let opened = 0;
  return (asked, response, request) => {
    const { http, id, method } = asked;
    if (before?.(asked, response, request)) return;
    if (method === "initialize") {
      if (sessions) response.setHeader("mcp-session-id", `s${++opened}`);
      reply(asked, { ...HANDSHAKE, ...handshake });
    } else if (http === "DELETE") response.writeHead(200).end();
    else if (http === "POST" && (id === undefined || method === "")) response.writeHead(202).end();
    else script(asked, response, request);
  };
}

/** @param port where it listens; anywhere unless given */
export const startLegacyServer = (
  script: Script,
  { port, ...options }: LegacyOptions & { port?: number } = {},
) => serveScript(legacy(script, options), port);
