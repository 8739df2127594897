// Servers that tempt the program to say its secrets, and runs of it that are searched for them.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VERBS } from "../../../lib/command-line/verbs.ts";
import { createHome, type Home, type Outcome, type RunOptions } from "../../support/home.ts";
import { json } from "../../support/mcp/scripted.ts";
import { initialize, lines, request } from "../../support/messages.ts";
import { serveHttp } from "../../support/net/listen.ts";
import { found, S } from "./forms.ts";

const RESULTS: Record<string, object> = {
  "server/discover": {
    supportedVersions: ["2026-07-28"],
    capabilities: { tools: {}, resources: {}, prompts: {} },
  },
  "tools/list": { tools: [{ name: "t", inputSchema: { type: "object" } }] },
  "tools/call": { content: [{ type: "text", text: "called" }] },
  "resources/list": { resources: [{ uri: "x:1", name: "x" }] },
  "resources/templates/list": { resourceTemplates: [] },
  "resources/read": { contents: [{ uri: "x:1", text: "read" }] },
  "prompts/list": { prompts: [{ name: "p" }] },
  "prompts/get": { messages: [] },
  "completion/complete": { completion: { values: ["v"] } },
  "skills/list": { skills: [] },
  ping: {},
};

/** What the server does; to be changed for a while. */
export const habits = { echoes: true };

/** `/mcp` works; `/refuse` is refused a token, with all that was sent in the words; `/echo` repeats the token. */
function answer(origin: string, path: string, body: string, authorization: string, response: ServerResponse) {
  const place = /\/(mcp|refuse|echo|dpop)$/.exec(path)?.[1] ?? "mcp";
  if (path.startsWith("/.well-known/oauth-protected-resource"))
    return json(response, {
      resource: `${origin}/${place}`,
      authorization_servers: [`${origin}/as/${place}`],
    });
  if (path.startsWith("/.well-known/oauth-authorization-server/as/"))
    return json(response, {
      issuer: `${origin}/as/${place}`,
      token_endpoint: `${origin}/token/${place}`,
      token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "private_key_jwt"],
    });
  if (path === "/token/refuse") {
    const decoded = Buffer.from(authorization.slice(6), "base64").toString();
    const said = `wrong: ${authorization} ${decoded} ${body} ${decodeURIComponent(body.replaceAll("+", " "))}`;
    return json(response, { error: "invalid_client", error_description: said.replace(/"/g, "'") }, 401);
  }
  if (path.startsWith("/token/")) {
    const token_type = place === "dpop" ? "DPoP" : "Bearer";
    return json(response, { access_token: S.token, token_type, expires_in: 600 });
  }
  if (path === "/echo" && authorization && habits.echoes) {
    const challenge = `Bearer error="invalid_token", error_description="bad: ${authorization}"`;
    return response.writeHead(401, { "www-authenticate": challenge }).end();
  }
  if (authorization !== `Bearer ${S.token}` && authorization !== `DPoP ${S.token}`)
    return response.writeHead(401, { "www-authenticate": "Bearer" }).end();
  const { id, method } = JSON.parse(body || "{}");
  if (id === undefined) return response.writeHead(202).end();
  const result = RESULTS[method];
  if (!result)
    return json(response, { jsonrpc: "2.0", id, error: { code: -32601, message: "no such method" } });
  const _meta = { "io.modelcontextprotocol/serverInfo": { name: "secret-server", version: "1" } };
  const whole = { resultType: "complete", ttlMs: 0, cacheScope: "private", _meta, ...result };
  return json(response, { jsonrpc: "2.0", id, result: whole });
}

/** Each verb is run in each of them. */
export const MODES = [[], ["--json"], ["--verbose"], ["--verbose", "--json"]];
/** What a host writes to a bridge. */
export const handshake = lines(initialize("2025-11-25", {}, 1), request(2, "tools/list"));

/** What hands a token on prints it: that is what it is for. */
const HANDING_ON = ["token", "headers"];

/** One call of each verb for a target. */
export function callsOf(target: string, name: string): string[][] {
  const more: Record<string, string[]> = {
    "tools-get": ["t"],
    "tools-call": ["t", "a=b"],
    "resources-read": ["x:1"],
    "prompts-get": ["p"],
    complete: ["p", "n="],
    request: ["tools/list"],
    install: ["--host", "cursor", "--host", "codex", "--dry-run"],
    uninstall: ["--dry-run"],
    bundle: ["--print"],
    // Where it cannot, so that it ends.
    serve: ["--listen", "unix:/"],
  };
  return VERBS.filter(({ name }) => !HANDING_ON.includes(name)).map((verb) => {
    if (["profiles", "store", "hosts"].includes(verb.name)) return [verb.name];
    if (verb.name === "login" || verb.name === "connect") return [verb.name, target, `@${name}`];
    return [verb.name, target, ...(more[verb.name] ?? [])];
  });
}

/** Every file below a folder. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** To be called once in a file. What it returns is filled before the tests. */
export function secretWorld() {
  const home = {} as Home;
  const world = {
    home,
    origin: "",
    /** Where the secrets that users keep in files are: not searched. */
    given: "",
    runs: 0,
    put(name: string, content: string): string {
      const path = join(world.given, name);
      writeFileSync(path, content, { mode: 0o600 });
      return path;
    },
    /** Runs the program; whatever it says, no secret is in it. */
    async hush(args: string[], options: RunOptions = {}): Promise<Outcome> {
      const env = { TMPDIR: join(home.folder, "tmp"), M2MCP_STORE: "file", ...options.env };
      const outcome = await home.run(args, { ...options, env });
      world.runs++;
      const said = Buffer.from(outcome.stdout + outcome.stderr);
      const shown = args.map((arg) => (found(Buffer.from(arg)).length > 0 ? "***" : arg)).join(" ");
      expect({ args: shown, seen: found(said) }).toEqual({ args: shown, seen: [] });
      if (outcome.signal) throw new Error(`${shown} was ended by ${outcome.signal}`);
      return outcome;
    },
    /** To be called after all other tests of the file. @param leastRuns how often the program has run by then */
    testFiles: (leastRuns: number, check: (files: string[]) => void = () => {}) =>
      test("no secret is in any file outside the encrypted ones, nor in those in clear", () => {
        expect(world.runs).toBeGreaterThan(leastRuns);
        const files = filesBelow(home.folder);
        check(files);
        const holds = (file: string) =>
          found(readFileSync(file)).length > 0 || found(Buffer.from(file)).length > 0;
        expect(files.filter(holds)).toEqual([]);
      }),
  };
  beforeAll(async () => {
    Object.assign(home, createHome());
    world.given = mkdtempSync(join(tmpdir(), "m2mcp-given-"));
    mkdirSync(join(home.folder, "tmp"));
    const server = await serveHttp((request, response, body) => {
      const { pathname } = new URL(request.url ?? "/", "http://x");
      return answer(server.origin, pathname, body, request.headers.authorization ?? "", response);
    });
    world.origin = home.owns(server).origin;
  });
  afterAll(async () => {
    await home.remove();
    rmSync(world.given, { recursive: true, force: true });
  });
  return world;
}
