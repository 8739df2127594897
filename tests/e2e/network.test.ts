// Corporate networks: a private authority, mutual TLS, a forward proxy.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Certificates, makeCertificates } from "../servers/certificates.ts";
import { listen } from "../servers/listen.ts";
import { createHome, type Home } from "./harness.ts";

let certificates: Certificates;
let home: Home;
let url: string;
const peers: string[] = [];

const servers: { close(): void }[] = [];
beforeAll(async () => {
  certificates = makeCertificates();
  const { certFile, keyFile } = certificates.server;
  const server = spawn("node", [
    join(import.meta.dir, "../servers/tls-server.mjs"),
    certFile,
    keyFile,
    certificates.caFile,
  ]);
  servers.push({ close: () => server.kill() });
  const lines = createInterface({ input: server.stdout });
  const port = await new Promise((resolve) => lines.once("line", resolve));
  lines.on("line", (line) => void peers.push(line));
  url = `https://localhost:${port}/mcp`;
  home = createHome();
});
afterAll(() => {
  for (const server of servers) server.close();
  home.remove();
  rmSync(certificates.folder, { recursive: true, force: true });
});

test("a certificate of an unknown authority is refused, with what mends it", async () => {
  const { code, stderr } = await home.run(["login", url, "--client-id", "a", "--client-secret", "b"]);
  expect(code).toBe(3);
  expect(stderr).toContain("error:");
  expect(peers).toEqual([]);
});

test("--ca serves authorization server and MCP server alike, and is kept", async () => {
  const login = await home.run([
    "login",
    url,
    "@ca",
    "--client-id",
    "a",
    "--client-secret",
    "b",
    "--ca",
    certificates.caFile,
  ]);
  expect(login.stderr).not.toContain("error");
  expect(login.code).toBe(0);
  expect((await home.run(["@ca", "tools-list"])).stdout).toContain("there");
});

test("NODE_EXTRA_CA_CERTS does too", async () => {
  const env = { NODE_EXTRA_CA_CERTS: certificates.caFile };
  expect(
    (await home.run(["login", url, "@extra", "--client-id", "a", "--client-secret", "b"], { env })).code,
  ).toBe(0);
  expect((await home.run(["@extra", "tools-list"], { env })).code).toBe(0);
});

test("a client certificate goes to the token endpoint and to the MCP server", async () => {
  const { certFile, keyFile } = certificates.client;
  peers.length = 0;
  const login = await home.run([
    "login",
    url,
    "@tls",
    "--client-id",
    "a",
    "--client-cert",
    certFile,
    "--client-key",
    keyFile,
    "--ca",
    certificates.caFile,
  ]);
  expect(login.stderr).not.toContain("error");
  expect(login.code).toBe(0);
  expect((await home.run(["@tls", "tools-list"])).code).toBe(0);
  expect(peers).toContain("/token client");
  expect(peers.at(-1)).toBe("/mcp client");
});

test("HTTPS_PROXY is used for both, and NO_PROXY spares it", async () => {
  const tunnels: string[] = [];
  const proxy = createHttpServer();
  proxy.on("connect", (request, socket: Socket) => {
    tunnels.push(request.url ?? "");
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const through = connect(Number(port), host === "localhost" ? "127.0.0.1" : host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      through.pipe(socket).pipe(through);
    });
    through.on("error", () => socket.destroy());
    socket.on("error", () => through.destroy());
  });
  const address = `http://127.0.0.1:${await listen(proxy)}`;
  servers.push(proxy);
  const env = { HTTPS_PROXY: address };
  const login = await home.run(
    ["login", url, "@proxied", "--client-id", "a", "--client-secret", "b", "--ca", certificates.caFile],
    { env },
  );
  expect(login.stderr).not.toContain("error");
  expect((await home.run(["@proxied", "tools-list"], { env })).code).toBe(0);
  expect(tunnels.length).toBeGreaterThan(1);
  const before = tunnels.length;
  expect((await home.run(["@proxied", "tools-list"], { env: { ...env, NO_PROXY: "localhost" } })).code).toBe(
    0,
  );
  expect(tunnels.length).toBe(before);
});
