// A day of short tokens, run fast: one server that takes them and makes them, for each kind of source, and does to each
// source what goes wrong in a day. Its clock may be another than ours.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jwtVerify, SignJWT } from "jose";
import { json } from "../mcp/scripted.ts";
import { serveHttp } from "../net/listen.ts";
import type { Random } from "../random.ts";
import { replaceFile } from "./token-mint.ts";

export const KINDS = ["file", "command", "platform", "grant"] as const;
export type Kind = (typeof KINDS)[number];

const FAULTS = ["missing", "garbage", "partial", "slow"] as const;
type Fault = (typeof FAULTS)[number];

/** Life of a token, in ms; JWTs have whole seconds. */
const LIFE_MS = 5000;
/** A file's token is replaced so often, in ms. */
const ROTATION_MS = 2500;
/** How long a fault lasts, in ms: while it does, there is a good token elsewhere. */
const FAULT_MS = 800;
/** So long before the last good token ends, a fault is over, in ms. */
const SPARE_MS = 500;
const SLOW_MS = 1200;

export interface SourceRecord {
  /** How often it was asked; of a file, how often it was replaced. */
  asked: number;
  faults: number;
  /** Tokens that the server has accepted. */
  accepted: Set<string>;
  /** When the newest good one ends, in ms since the epoch by our clock. */
  newestEndsMs: number;
  fault?: { kind: Fault; untilMs: number } | undefined;
}

export interface DayWorld {
  url: string;
  origin: string;
  of: Record<Kind, SourceRecord>;
  /** Calls let in, and requests refused for their token. */
  calls: number;
  refused: number;
  /** A good token, for a variable. */
  mint(): Promise<string>;
  /** Keeps a token in a file, with its faults, until the world stops. */
  renew(path: string): Promise<void>;
  stop(): Promise<void>;
}

const KEY = new TextEncoder().encode("a key of 32 bytes or more, for HS256 alone");

/** One request of so many to a source begins a fault for sure. */
const SURELY = 3;

interface DayOptions {
  /** How far the server's clock is ahead of ours, in ms. */
  skewMs: number;
  /** Share of the requests to a source that a fault begins with, beside each third one. */
  faults: number;
  random: Random;
}

export async function startDayWorld({ skewMs, faults, random }: DayOptions): Promise<DayWorld> {
  const nowMs = () => Date.now() + skewMs;
  const record = (): SourceRecord => ({ asked: 0, faults: 0, accepted: new Set(), newestEndsMs: 0 });
  const of = { file: record(), command: record(), platform: record(), grant: record() };
  const world = {} as DayWorld;
  let count = 0;

  async function mint(kind?: Kind): Promise<string> {
    const issuedS = Math.floor(nowMs() / 1000);
    if (kind) of[kind].newestEndsMs = issuedS * 1000 + LIFE_MS - skewMs;
    return new SignJWT({ kind: kind ?? "variable" })
      .setProtectedHeader({ alg: "HS256" })
      .setAudience(world.url)
      .setIssuedAt(issuedS)
      .setExpirationTime(issuedS + LIFE_MS / 1000)
      .setJti(String(count++))
      .sign(KEY);
  }

  /** What a source yields when it is asked now: a token, or what comes in its place. Null: nothing. */
  async function yielded(kind: Kind): Promise<string | null> {
    const source = of[kind];
    source.asked++;
    if (source.fault && Date.now() >= source.fault.untilMs) source.fault = undefined;
    const leftMs = source.newestEndsMs - SPARE_MS - Date.now();
    // No day is without: of a few chances all may miss.
    const isDue = random.next() < faults || source.asked % SURELY === 0;
    const fault = isDue ? FAULTS[random.below(FAULTS.length)] : undefined;
    if (!source.fault && fault && leftMs > (fault === "slow" ? SLOW_MS : FAULT_MS)) {
      source.fault = { kind: fault, untilMs: Date.now() + FAULT_MS };
    }
    if (source.fault) source.faults++;
    switch (source.fault?.kind) {
      case "missing":
        return null;
      case "garbage":
        return `garbage-${count++}`;
      case "partial": {
        // Half of the signature is missing: nothing of it shows.
        const token = await mint();
        return token.slice(0, -20);
      }
      case "slow":
        await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
        return mint(kind);
      case undefined:
        return mint(kind);
    }
  }

  async function tokenRefusal(authorization: string): Promise<string | null> {
    const token = /^Bearer (.+)$/.exec(authorization)?.[1];
    if (token === undefined) return "Bearer";
    try {
      const { payload } = await jwtVerify(token, KEY, {
        audience: world.url,
        currentDate: new Date(nowMs()),
      });
      if (KINDS.includes(payload.kind as Kind)) of[payload.kind as Kind].accepted.add(token);
      return null;
    } catch {
      return 'Bearer error="invalid_token"';
    }
  }

  const { origin, stop } = await serveHttp(async (request, response, body) => {
    const path = (request.url ?? "/").split("?")[0] ?? "";
    response.setHeader("date", new Date(nowMs()).toUTCString());
    if (path.startsWith("/.well-known/oauth-protected-resource"))
      return json(response, { resource: world.url, authorization_servers: [origin] });
    if (path.startsWith("/.well-known/"))
      return json(response, { issuer: origin, token_endpoint: `${origin}/grant` });
    if (path === "/grant" || path === "/platform" || path === "/command") {
      const token = await yielded(path.slice(1) as Kind);
      if (token === null) return response.writeHead(503).end();
      if (path === "/command") return response.end(token);
      if (path === "/platform") return json(response, { value: token });
      return json(response, { access_token: token, token_type: "Bearer", expires_in: LIFE_MS / 1000 });
    }
    const challenge = await tokenRefusal(request.headers.authorization ?? "");
    if (challenge !== null) {
      if (challenge !== "Bearer") world.refused++;
      return response.writeHead(401, { "www-authenticate": challenge }).end();
    }
    if (request.method !== "POST") return response.writeHead(405).end();
    const { id, method } = JSON.parse(body);
    if (id === undefined) return response.writeHead(202).end();
    world.calls++;
    return json(response, { jsonrpc: "2.0", id, result: resultOf(method) });
  });

  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  /** Replaces a file's token, or does to the file what a fault is; then what comes after it. */
  async function turn(path: string): Promise<void> {
    const text = await yielded("file");
    // The file's folder may be gone by now.
    if (isStopped) return;
    const { fault } = of.file;
    // One that is written in place is seen half done.
    if (text === null) writeFileSync(path, "");
    else if (fault?.kind === "partial") writeFileSync(path, text);
    else replaceFile(path, text);
    const leftMs = fault && fault.kind !== "slow" ? fault.untilMs - Date.now() + 1 : ROTATION_MS;
    timer = setTimeout(() => void turn(path), Math.max(leftMs, 1));
  }

  return Object.assign(world, {
    url: `${origin}/mcp`,
    origin,
    of,
    calls: 0,
    refused: 0,
    mint: () => mint(),
    renew: turn,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await stop();
    },
  });
}

function resultOf(method: string): object {
  const _meta = { "io.modelcontextprotocol/serverInfo": { name: "day", version: "1" } };
  const common = { resultType: "complete", ttlMs: 0, cacheScope: "private", _meta };
  if (method === "server/discover")
    return { ...common, supportedVersions: ["2026-07-28"], capabilities: { tools: {} } };
  if (method === "tools/list")
    return { ...common, tools: [{ name: "there", inputSchema: { type: "object" } }] };
  return { ...common, content: [{ type: "text", text: "there" }] };
}

/** What each kind of source is given to `login` as. @param folder of the file */
export function optionsOf(kind: Kind, world: DayWorld, folder: string): string[] {
  switch (kind) {
    case "file":
      return ["--token-file", join(folder, "token")];
    case "command": {
      const script = `const r = await fetch("${world.origin}/command"); if (!r.ok) process.exit(3); console.log(await r.text())`;
      return ["--token-command", `'${process.execPath}' -e '${script}'`];
    }
    case "platform":
      return ["--token", "github-actions", "--audience", world.url];
    case "grant":
      return ["--client-id", "id", "--client-secret", "secret"];
  }
}
