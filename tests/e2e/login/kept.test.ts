// What login and connect found out on their way serves the next command: a handshake, an era, a token.
import { describe, expect, test } from "bun:test";
import { inHome } from "../../support/home.ts";
import { type RunningMcpServer, startMcpServer } from "../../support/mcp/mcp-server.ts";
import { startModernServer } from "../../support/mcp/scripted-modern.ts";
import { startWorld } from "../../support/world.ts";

/** What was asked of a server since. */
const methods = ({ requests }: RunningMcpServer, before: number) =>
  requests.slice(before).map(({ body }) => JSON.parse(body).method);

describe("the command after connect is one request", () => {
  test.concurrent(
    "at a server with a handshake",
    inHome(async (home) => {
      const server = home.owns(await startMcpServer());
      expect((await home.run(["connect", server.url, "@svc"])).code).toBe(0);
      const before = server.requests.length;
      const list = await home.run(["@svc", "tools-list"]);
      expect([list.code, list.stderr]).toEqual([0, ""]);
      expect(methods(server, before)).toEqual(["tools/list"]);
    }),
  );

  test.concurrent(
    "and one without, whose era is known",
    inHome(async (home) => {
      const server = home.owns(await startModernServer());
      expect((await home.run(["connect", server.url, "@svc"])).code).toBe(0);
      const before = server.seen.length;
      expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
      expect(server.seen.slice(before).map(({ method }) => method)).toEqual(["tools/list"]);
    }),
  );

  test.concurrent(
    "with credentials of its own, and the token is asked for once",
    inHome(async (home) => {
      const world = await startWorld();
      home.owns({ stop: () => world.end() });
      const { id, secret } = world.as.clients.basic;
      const args = ["connect", world.mcp.url, "@svc", "--client-id", id];
      expect((await home.run(args, { env: { M2MCP_CLIENT_SECRET: secret } })).code).toBe(0);
      const before = world.mcp.requests.length;
      expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
      expect(methods(world.mcp, before)).toEqual(["tools/list"]);
      expect(world.as.arrivals()).toBe(1);
    }),
  );

  test.concurrent(
    "though the name meant another server before, whose session is not taken there",
    inHome(async (home) => {
      const [one, other] = [home.owns(await startMcpServer()), home.owns(await startMcpServer())];
      for (const { url } of [one, other]) expect((await home.run(["connect", url, "@svc"])).code).toBe(0);
      const before = other.requests.length;
      expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
      expect(methods(other, before)).toEqual(["tools/list"]);
    }),
  );
});

test(
  "a server that asks for no token is connected under any number of names, and again",
  inHome(async (home) => {
    const server = home.owns(await startMcpServer());
    for (const name of ["@a", "@b", "@c", "@a"]) {
      const { code, stderr } = await home.run(["connect", server.url, name, "--timeout", "9"]);
      expect([name, code, stderr.includes("error:")]).toEqual([name, 0, false]);
    }
    const { profiles } = JSON.parse((await home.run(["profiles", "--json"])).stdout);
    expect(profiles.map(({ name, login }: { name: string; login: unknown }) => [name, login])).toEqual([
      ["a", null],
      ["b", null],
      ["c", null],
    ]);
  }),
);
