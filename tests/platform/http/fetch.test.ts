import { afterEach, beforeEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFetch } from "../../../lib/platform/http/fetch.ts";
import { close, listen } from "../../support/net/listen.ts";

let server: Server;
let url: string;
let seen: (string | undefined)[] = [];
beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(request.headers["user-agent"]);
    response.end();
  });
  url = `http://127.0.0.1:${await listen(server)}/`;
});
afterEach(() => close(server));

test("a request says who asks, in whatever form its headers are given, unless it says so itself", async () => {
  const send = createFetch({ userAgent: "m2mcp/1.2.3" }, {});
  const mine = { "USER-agent": "mine/1", accept: "text/plain" };
  for (const init of [undefined, {}, { headers: { accept: "text/plain" } }, { headers: new Headers() }])
    await send(url, init);
  await send(url, { headers: [["accept", "text/plain"]] });
  await send(new Request(url, { headers: { accept: "text/plain" } }));
  expect(seen).toEqual(Array(6).fill("m2mcp/1.2.3"));
  seen = [];
  for (const headers of [mine, new Headers(mine), Object.entries(mine)]) await send(url, { headers });
  await send(new Request(url, { headers: mine }));
  expect(seen).toEqual(Array(4).fill("mine/1"));
});

test("headers that were given are not changed", async () => {
  const headers = new Headers({ accept: "text/plain" });
  const plain = { accept: "text/plain" };
  const send = createFetch({ userAgent: "m2mcp/1.2.3" }, {});
  await send(url, { headers });
  await send(url, { headers: plain });
  expect([...headers.keys(), ...Object.keys(plain)]).toEqual(["accept", "accept"]);
});

test("frozen headers, which are those of many requests, say who asks too", async () => {
  const send = createFetch({ userAgent: "m2mcp/1.2.3" }, {});
  const plain = Object.freeze({ accept: "text/plain" });
  const own = Object.freeze({ "User-Agent": "mine/1" });
  for (const headers of [plain, plain, own, plain, own]) await send(url, { headers });
  expect(seen).toEqual(["m2mcp/1.2.3", "m2mcp/1.2.3", "mine/1", "m2mcp/1.2.3", "mine/1"]);
});

test("what a variable names as certificate authorities, and is no file, is refused before the runtime waits for it", () => {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-fetch-"));
  const pipe = join(folder, "pipe");
  expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
  for (const variable of ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])
    for (const path of [pipe, "/dev/zero", folder])
      expect(() => createFetch({}, { [variable]: path })).toThrow(
        `${variable} names ${path}, which is no file`,
      );
  const huge = join(folder, "huge");
  writeFileSync(huge, "");
  truncateSync(huge, 2 ** 36);
  expect(() => createFetch({}, { SSL_CERT_FILE: huge })).toThrow("which is no file of certificates");
  rmSync(folder, { recursive: true });
  expect(() => createFetch({}, { NODE_EXTRA_CA_CERTS: pipe })).not.toThrow();
});
