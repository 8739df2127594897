// The verbs that reach what no other verb does, at servers of each era: any request, completions, skills, and what a
// server is before any login.

import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { inHome } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";
import { refuse } from "../support/mcp/scripted.ts";
import { complete, discovered, startModernServer } from "../support/mcp/scripted-modern.ts";
import { startScriptedWorld } from "../support/oauth/scripted-world.ts";
import { startWorld } from "../support/world.ts";

const servers = {
  modern: () => startFullModernServer(),
  legacy: () => startFullLegacyServer("http"),
  sse: () => startFullLegacyServer("sse"),
};
type Era = keyof typeof servers;
const ERAS = Object.keys(servers) as Era[];

describe.each(ERAS)("at a server of the era %s,", (era) => {
  test.concurrent(
    "request sends any method, its params in each form",
    inHome(async (home) => {
      const { url } = home.owns(await servers[era]());
      const listed = await home.run([url, "request", "tools/list"]);
      expect(listed.code).toBe(0);
      expect(JSON.parse(listed.stdout).tools[0].name).toBe("echo");
      const call = { name: "echo", arguments: { text: "hä" } };
      for (const [words, input] of [
        [[JSON.stringify(call)]],
        [["name=echo", 'arguments:={"text":"hä"}']],
        [["-"], JSON.stringify(call)],
      ] as [string[], string?][]) {
        const options = input === undefined ? {} : { input };
        const { stdout } = await home.run(["request", url, "tools/call", ...words, "--json"], options);
        expect(JSON.parse(stdout).content).toEqual([{ type: "text", text: "hä" }]);
      }
      const unknown = await home.run([url, "request", "no/such"]);
      expect(unknown.code).toBe(2);
      for (const words of [
        ["notifications/cancelled"],
        ["tools/list", "{"],
        ["tools/list", "{]"],
        ["tools/list", "x"],
        [""],
      ])
        expect((await home.run([url, "request", ...words])).code).toBe(1);
    }),
  );

  test.concurrent(
    "complete shows what the server offers",
    inHome(async (home) => {
      const { url } = home.owns(await servers[era]());
      const all = await home.run([url, "complete", "greet", "name="]);
      expect([all.code, all.stdout]).toEqual([0, "Ada\nAlan\nBo\n"]);
      expect((await home.run([url, "complete", "greet", "name=A"])).stdout).toBe("Ada\nAlan\n");
      expect((await home.run([url, "complete", "memo://{name}", "name=B"])).stdout).toBe("Bo\n");
      const none = await home.run([url, "complete", "greet", "name=X"]);
      expect([none.code, none.stdout]).toEqual([0, ""]);
      expect(none.stderr).toContain("the server offers no values\n");
      const json = JSON.parse((await home.run([url, "complete", "greet", "name=A", "--json"])).stdout);
      expect(json.completion.values).toEqual(["Ada", "Alan"]);
      expect((await home.run([url, "complete", "greet", "=A"])).code).toBe(1);
    }),
  );

  test.concurrent(
    "discover says what it speaks, and asks nobody for a token",
    inHome(async (home) => {
      const { url } = home.owns(await servers[era]());
      const { code, stdout, stderr } = await home.run(["discover", url, "--json"]);
      expect([code, stderr]).toEqual([0, ""]);
      const said = JSON.parse(stdout);
      const version = { modern: "2026-07-28", legacy: "2025-11-25", sse: "2025-11-25" }[era];
      expect([said.era, said.versions.includes(version), said.server.name]).toEqual([
        era,
        true,
        "full-server",
      ]);
      expect([said.authorization.required, said.authorization.authorizationServers]).toEqual([false, []]);
      const text = (await home.run(["discover", url])).stdout;
      expect(text).toContain("Full (full-server) 3.2.1");
      expect(text).toContain(`m2mcp connect ${url} @NAME`);
      // Nothing is kept of it.
      expect((await home.run(["profiles", "--json"])).stdout).toContain('"profiles": []');
    }),
  );

  test.concurrent(
    "a server without skills is said to have none",
    inHome(async (home) => {
      const { url } = home.owns(await servers[era]());
      const { code, stdout, stderr } = await home.run([url, "skills"]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain("error: the server has no skills");
    }),
  );
});

test("complete: what is settled goes along, a line stays a line, and more is said to be there", () =>
  inHome(async (home) => {
    const server = home.owns(await startModernServer());
    let asked: unknown;
    server.methods["completion/complete"] = (one) => {
      asked = one.params;
      return complete(one, { completion: { values: ["a\nb", "c"], total: 9, hasMore: true } });
    };
    const { stdout, stderr } = await home.run([server.url, "complete", "p", "x=1", "y=a=b", "z"]);
    expect(asked).toMatchObject({
      ref: { type: "ref/prompt", name: "p" },
      argument: { name: "z", value: "" },
      context: { arguments: { x: "1", y: "a=b" } },
    });
    expect(stdout).toBe("a\\u000ab\nc\n");
    expect(stderr).toEndWith("these are 2 of 9: more letters leave fewer\n");
  })());

describe("skills (SEP-2640):", () => {
  const TEXT = "---\nname: refunds\ndescription: Pays back\n---\n# Do it\n";
  const digest = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const skill = (path: string, name: string, text = TEXT) => ({
    uri: `skill://${path}/SKILL.md`,
    frontmatter: { name, description: `Does ${name}` },
    resources: [{ uri: `skill://${path}/SKILL.md`, digest: digest(text) }],
  });
  const start = async (unlisted: string[] = []) => {
    const server = await startModernServer();
    const all = [
      skill("acme/refunds", "refunds"),
      skill("stale", "stale", "old"),
      skill("a/twin", "twin"),
      skill("b/twin", "twin"),
      skill("hidden", "hidden"),
    ];
    server.methods["server/discover"] = (asked) =>
      complete(asked, discovered({ resources: {}, extensions: { "io.modelcontextprotocol/skills": {} } }));
    server.methods["skills/list"] = (asked) => {
      const listed = all.filter(({ frontmatter }) => !["hidden", ...unlisted].includes(frontmatter.name));
      const at = Number(asked.params?.cursor ?? 0);
      const next = at + 2 < listed.length ? { nextCursor: String(at + 2) } : {};
      return complete(asked, { skills: listed.slice(at, at + 2), ttlMs: 0, cacheScope: "private", ...next });
    };
    server.methods["skills/get"] = (asked) => {
      const found = all.find(({ uri }) => uri === asked.params?.uri);
      return found
        ? complete(asked, { skill: found })
        : refuse(asked, 400, { code: -32602, message: "no such skill" });
    };
    server.methods["resources/read"] = (asked) =>
      complete(asked, {
        contents: [{ uri: asked.params?.uri, mimeType: "text/markdown", text: TEXT }],
        ttlMs: 0,
        cacheScope: "private",
      });
    return server;
  };

  test.concurrent(
    "are listed, with all pages",
    inHome(async (home) => {
      const { url } = home.owns(await start());
      const { stdout } = await home.run([url, "skills"]);
      expect(stdout).toMatch(/^refunds +skill:\/\/acme\/refunds\/SKILL\.md +Does refunds$/m);
      expect(stdout.trim().split("\n").length).toBe(4);
      expect(JSON.parse((await home.run([url, "skills", "--json"])).stdout).skills.length).toBe(4);
    }),
  );

  test.concurrent(
    "are shown by name or URI, listed or not, where the digest is right",
    inHome(async (home) => {
      const { url } = home.owns(await start());
      for (const name of ["refunds", "skill://acme/refunds/SKILL.md", "skill://hidden/SKILL.md"])
        expect(await home.run([url, "skills", name])).toMatchObject({ code: 0, stdout: TEXT });
      const changed = await home.run([url, "skills", "stale"]);
      expect([changed.code, changed.stdout]).toEqual([2, ""]);
      expect(changed.stderr).toContain("is not what its digest promises");
      const twins = await home.run([url, "skills", "twin"]);
      expect(twins.stderr).toContain("skill://a/twin/SKILL.md, skill://b/twin/SKILL.md");
      const typo = await home.run([url, "skills", "refund"]);
      expect([typo.code, typo.stderr]).toEqual([2, expect.stringContaining("did you mean refunds")]);
      expect((await home.run([url, "skills", "skill://none/SKILL.md"])).code).toBe(2);
    }),
  );
});

describe("discover, where a token is wanted,", () => {
  test.concurrent(
    "tells who issues it, by which grants and proofs, and the command that comes next",
    inHome(async (home) => {
      const world = await startWorld();
      home.owns({ stop: () => world.end() });
      const { code, stdout } = await home.run(["discover", world.mcp.url, "--json"]);
      expect(code).toBe(0);
      const { era, authorization } = JSON.parse(stdout);
      expect(era).toBeNull();
      expect(authorization).toMatchObject({ required: true, status: 401, challenge: { scheme: "bearer" } });
      expect(authorization.resource.resource).toBe(world.mcp.url);
      const [issuer] = authorization.authorizationServers;
      expect(issuer.issuer).toBe(world.as.issuer);
      expect(issuer.grants).toContain("client_credentials");
      expect(issuer.authMethods).toContain("client_secret_basic");
      const text = (await home.run(["discover", world.mcp.url])).stdout;
      expect(text).toContain(`m2mcp login ${world.mcp.url} @NAME --client-id ID --client-secret SECRET`);
    }),
  );

  test.concurrent(
    "tells where no grant is for a machine, a key is the only proof, or the issuer is out of reach",
    inHome(async (home) => {
      const person = home.owns(
        await startScriptedWorld({ metadata: { grant_types_supported: ["authorization_code"] } }),
      );
      expect((await home.run(["discover", person.url])).stdout).toContain("No grant here is for a machine");
      const key = home.owns(
        await startScriptedWorld({
          metadata: { token_endpoint_auth_methods_supported: ["private_key_jwt"] },
        }),
      );
      expect((await home.run(["discover", key.url])).stdout).toContain("--private-key PATH");
      const down = home.owns(await startScriptedWorld({ metadata: 404 }));
      const { stdout, code } = await home.run(["discover", down.url, "--json"]);
      expect(code).toBe(0);
      expect(JSON.parse(stdout).authorization.authorizationServers[0].failure.name).toBe("no_metadata");
      expect([...person.tokenRequests, ...key.tokenRequests, ...down.tokenRequests]).toEqual([]);
    }),
  );

  test.concurrent(
    "sends none of the credentials that are around",
    inHome(async (home) => {
      const world = home.owns(await startScriptedWorld());
      const env = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s3cr3t" };
      expect((await home.run(["discover", world.url], { env })).code).toBe(0);
      expect([world.tokenRequests, world.calls]).toEqual([[], []]);
    }),
  );

  test.concurrent(
    "repeats no key that a server repeats",
    inHome(async (home) => {
      const said = { scopes_supported: ["of-k3y-in-query", "of-k3y-in-header"] };
      const world = home.owns(await startScriptedWorld({ metadata: said, resource: () => said }));
      const header = ["--header", "X-Key: k3y-in-header"];
      for (const mode of [[], ["--json"]]) {
        const { code, stdout, stderr } = await home.run([
          "discover",
          `${world.url}?key=k3y-in-query`,
          ...header,
          ...mode,
        ]);
        expect(code).toBe(0);
        expect(stdout).toContain("scopes");
        expect(stdout + stderr).not.toContain("k3y");
      }
    }),
  );

  test.concurrent(
    "what is no MCP endpoint is said to be none",
    inHome(async (home) => {
      const world = home.owns(await startScriptedWorld());
      const { code, stderr } = await home.run(["discover", `${world.origin}/nowhere`]);
      expect(code).not.toBe(0);
      expect(stderr).toStartWith("error: ");
    }),
  );
});
