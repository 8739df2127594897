// JWT-SVIDs of a SPIFFE agent on the executable: Workload API → authorization server that verifies → MCP server.
import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { homeForEachTest } from "../../support/home.ts";
import { makeIssuer } from "../../support/platforms/issuer.ts";
import { jwtSvidByGrpc, startAgent } from "../../support/platforms/workload-api.ts";
import { platformWorld, usualAudience } from "../../support/platforms/world.ts";

const home = homeForEachTest();
const ID = "spiffe://example.org/machine";

async function workload(address = `unix:${join(home.folder, "agent.sock")}`) {
  const issuer = await makeIssuer("https://spire.example.org", ID);
  const agent = home.owns(await startAgent(issuer, ID, address));
  const world = await platformWorld(home, issuer);
  const env = { SPIFFE_ENDPOINT_SOCKET: agent.socket };
  return { issuer, agent, env, ...world };
}

for (const use of ["client", "grant"] as const)
  test(`as ${use}: the JWT-SVID that @grpc/grpc-js gets, over a socket`, async () => {
    const { agent, env, call, taken, origin } = await workload();
    const { code, stderr } = await call(use, "spiffe", env);
    const theirs = await jwtSvidByGrpc(agent.socket, usualAudience(use, origin));
    expect([code, taken.map(({ token }) => token)]).toEqual([0, [theirs]]);
    expect(stderr).toContain(`gave a JWT-SVID of ${ID}`);
    expect(stderr).not.toContain(theirs.split(".")[2] ?? "");
    await expect(jwtSvidByGrpc(agent.socket, origin, false)).rejects.toThrow("INVALID_ARGUMENT");
  });

test("it is sent as jwt-spiffe, and its subject names the client where nobody else does", async () => {
  const { env, url, taken } = await workload();
  const run = (...args: string[]) =>
    home.run(["login", url, "@svc", "--assertion", "spiffe", ...args], { env });
  expect((await run()).code).toBe(0);
  expect((await run("--client-id", "machine")).code).toBe(0);
  const type = "urn:ietf:params:oauth:client-assertion-type:jwt-spiffe";
  expect(taken).toMatchObject([
    { type, clientId: null },
    { type, clientId: "machine" },
  ]);
});

test("over tcp, past proxies; as auto; of the identity that is named", async () => {
  const { agent, env, call, taken } = await workload("127.0.0.1:0");
  expect(agent.socket).toMatch(/^tcp:/);
  const proxied = { ...env, grpc_proxy: "http://127.0.0.1:9" };
  expect((await call("client", "spiffe", proxied)).code).toBe(0);
  const auto = await call("grant", "auto", env);
  expect([auto.code, auto.stderr]).toEqual([
    0,
    expect.stringContaining("comes from SPIFFE: the variable SPIFFE_ENDPOINT_SOCKET"),
  ]);
  agent.others = [{ spiffeId: "spiffe://example.org/other", svid: "a.b.c" }];
  for (const identity of [ID, "main"])
    expect((await call("client", "spiffe", env, "--assertion-identity", identity)).code).toBe(0);
  expect(taken.every(({ claims }) => claims.sub === ID)).toBe(true);
  const none = await call("client", "spiffe", env, "--assertion-identity", "nobody");
  expect(none.stderr).toContain(`this process has no identity nobody, but spiffe://example.org/other, ${ID}`);
});

describe("what is missing is said", () => {
  test("the variable, its form, the socket, the agent", async () => {
    const { call } = await workload();
    const said = async (socket: string) => {
      const env = { SPIFFE_ENDPOINT_SOCKET: socket };
      const { code, stderr } = await call("client", "spiffe", env);
      expect(code).toBe(4);
      return stderr;
    };
    expect(await said("")).toContain("the variable SPIFFE_ENDPOINT_SOCKET is not set");
    for (const wrong of [
      "/run/agent.sock",
      "unix:agent.sock",
      "unix://host/agent.sock",
      "tcp://agent:8081",
      "tcp://127.0.0.1",
      "tcp://127.0.0.1:1/x",
    ])
      expect(await said(wrong)).toContain(`is ${wrong}, which names no socket`);
    expect(await said(`unix://${home.folder}/gone.sock`)).toContain(
      "gone.sock cannot be reached: there is no such file",
    );
    writeFileSync(join(home.folder, "file"), "");
    expect(await said(`unix://${home.folder}/file`)).toContain("it is no socket");
    expect(await said("tcp://127.0.0.1:9")).toContain("127.0.0.1:9 cannot be reached");
  });

  test("what the agent refuses, in our words", async () => {
    const { agent, env, call, taken } = await workload();
    for (const [refusing, words] of [
      [status.PERMISSION_DENIED, "has no identity for this process"],
      [status.UNIMPLEMENTED, "does not offer it"],
      [status.INTERNAL, "answered with gRPC status 13"],
    ] as const) {
      agent.refusing = refusing;
      const { code, stderr } = await call("client", "spiffe", env);
      expect([code, stderr]).toEqual([4, expect.stringContaining(words)]);
      expect(stderr).not.toContain("planted words");
    }
    expect(taken).toEqual([]);
  });
});

test("hostile answers end in an error, in time", async () => {
  const { call } = await workload();
  const folder = join(home.folder, "hostile");
  mkdirSync(folder);
  const message = (bytes: Buffer) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  };
  const served = async (name: string, answer: (write: (bytes: Buffer) => void, end: () => void) => void) => {
    const server = createServer();
    server.on("stream", (stream: ServerHttp2Stream) => {
      stream.on("error", () => {});
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      answer(
        (bytes) => void stream.write(bytes),
        () => stream.end(),
      );
    });
    const path = join(folder, name);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    home.owns({ stop: () => server.close() });
    const env = { SPIFFE_ENDPOINT_SOCKET: `unix://${path}` };
    return call("client", "spiffe", env, "--timeout", "2");
  };
  const timers: ReturnType<typeof setInterval>[] = [];
  for (const [name, answer, words] of [
    [
      "garbage",
      (write, end) => [write(message(Buffer.from("\xff\xff\xff planted", "latin1"))), end()],
      "cannot be read",
    ],
    ["empty", (write, end) => [write(message(Buffer.alloc(0))), end()], "names no SPIFFE id"],
    ["none", (_, end) => end(), "gives no JWT-SVID"],
    ["huge", (write, end) => [write(message(Buffer.alloc(8 * 1024 * 1024))), end()], "longer than 4 MiB"],
    ["slow", () => {}, "no answer within 2 s"],
    ["endless", (write) => timers.push(setInterval(() => write(Buffer.alloc(5)), 20)), "gives no JWT-SVID"],
  ] as [string, (write: (bytes: Buffer) => void, end: () => void) => unknown, string][]) {
    const { code, stderr } = await served(name, answer);
    expect([name, code, stderr]).toEqual([name, 4, expect.stringContaining(words)]);
    expect(stderr).not.toContain("planted");
  }
  for (const timer of timers) clearInterval(timer);
  const deaf = createTcpServer(
    (socket) => void socket.on("error", () => {}).write("HTTP/1.1 400 planted\r\n\r\n"),
  );
  const path = join(folder, "http");
  await new Promise<void>((resolve) => deaf.listen(path, resolve));
  home.owns({ stop: () => deaf.close() });
  const http = await call("client", "spiffe", { SPIFFE_ENDPOINT_SOCKET: `unix://${path}` }, "--timeout", "2");
  expect([http.code, http.stderr]).toEqual([4, expect.stringContaining("gives no JWT-SVID")]);
}, 60_000);
