// What a token request carries: the options for what cannot be found out, ids and secrets of any letters, and what stands in
// for a secret.
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { json } from "../../support/mcp/scripted.ts";
import { GRANTED } from "../../support/oauth/scripted-world.ts";
import { sleep } from "../../support/waiting.ts";

import { type Habit, habits } from "./habit.ts";

const { home, world, serve } = habits();

describe("what cannot be found out is said by options", () => {
  test("--audience, --resource, --token-param and --header reach their servers, from flags and from variables", async () => {
    const seen: Record<string, string>[] = [];
    const habit: Habit = {
      token: (params, response) => {
        seen.push(Object.fromEntries(params));
        json(response, GRANTED);
      },
    };
    const args = [
      "--audience",
      "aud",
      "--resource",
      "urn:other",
      "--token-param",
      "a=1=2",
      "--token-param",
      "b=x y",
    ];
    const url = await serve(habit);
    args.push("--client-id", "id", "--client-secret", "s");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the program puts the variable in
    args.push("--header", "X-Tenant: ${TENANT}");
    const { code } = await home.run(["login", url, "@svc", ...args], { env: { TENANT: "acme" } });
    expect(code).toBe(0);
    expect(seen[0]).toMatchObject({ audience: "aud", resource: "urn:other", a: "1=2", b: "x y" });
    expect((await home.run(["@svc", "tools-list"], { env: { TENANT: "acme" } })).code).toBe(0);
    expect(world.calls.at(-1)?.["x-tenant"]).toBe("acme");
    const env = {
      ...{ M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s", M2MCP_AUDIENCE: "aud", M2MCP_NO_RESOURCE: "1" },
      ...{ M2MCP_TOKEN_PARAM: "a=1\nb=2", M2MCP_HEADER: "X-Tenant: acme", M2MCP_SCOPE: "s1 s2" },
    };
    expect((await home.run(["tools-list", world.url], { env })).code).toBe(0);
    expect(seen[1]).toEqual({
      ...{ grant_type: "client_credentials", scope: "s1 s2", audience: "aud", a: "1", b: "2" },
    });
    expect(world.calls.at(-1)?.["x-tenant"]).toBe("acme");
  });
});

describe("id and secret within basic (RFC 6749 §2.3.1)", () => {
  for (const [id, secret] of [
    ["a:b", "c:d"],
    ["50%", "100%25"],
    ["a+b", "c+d e"],
    ["with space", " lead and trail "],
    ["ünïcödé-客户", "пароль-🔑"],
    ["quote\"'&=", "\\/?#[]@!$'()*,;=~`"],
  ] as const)
    test(JSON.stringify([id, secret]), async () => {
      const url = await serve({
        token: (_params, response, { headers: { authorization } }) => {
          const decode = (text: string) => decodeURIComponent(text.replaceAll("+", " "));
          const [user = "", password = "", ...rest] = Buffer.from(authorization?.slice(6) ?? "", "base64")
            .toString("latin1")
            .split(":");
          const right = decode(user) === id && decode(password) === secret && rest.length === 0;
          json(response, right ? GRANTED : { error: "invalid_client" }, right ? 200 : 401);
        },
      });
      const { code } = await home.run(["login", url, "--client-id", id], {
        env: { M2MCP_CLIENT_SECRET: secret },
      });
      expect(code).toBe(0);
    });
});

describe("what stands in for a secret", () => {
  test("a platform's token as client authentication, and as the grant, is read anew each time", async () => {
    const seen: string[] = [];
    const habit: Habit = {
      token: (params, response) => {
        seen.push(params.get("client_assertion") ?? params.get("assertion") ?? "");
        json(response, { ...GRANTED, expires_in: 1 });
      },
    };
    const file = join(home.folder, "token");
    writeFileSync(file, "first\n");
    const url = await serve(habit);
    expect(
      (await home.run(["login", url, "@file", "--client-id", "id", "--client-assertion-file", file])).code,
    ).toBe(0);
    writeFileSync(file, "second\n");
    await sleep(1100);
    await home.run(["@file", "tools-list"]);
    expect(seen).toEqual(["first", "second"]);
    const command = await home.run([
      "login",
      url,
      "@grant",
      "--grant",
      "jwt-bearer",
      "--client-id",
      "id",
      "--client-assertion-command",
      "printf third",
    ]);
    expect(command.stderr).not.toContain("error");
    expect(seen.at(-1)).toBe("third");
  });

  test("a secret of a command that is never stored", async () => {
    const seen: string[] = [];
    const habit: Habit = {
      token: (_params, response, { headers: { authorization } }) => {
        seen.push(Buffer.from(authorization?.slice(6) ?? "", "base64").toString());
        json(response, { ...GRANTED, expires_in: 1 });
      },
    };
    const file = join(home.folder, "secret");
    writeFileSync(file, "one");
    const args = [
      "login",
      await serve(habit),
      "@svc",
      "--client-id",
      "id",
      "--client-secret-command",
      `cat ${file}`,
      "--no-store-secret",
    ];
    expect((await home.run(args)).code).toBe(0);
    writeFileSync(file, "two");
    await sleep(1100);
    await home.run(["@svc", "tools-list"]);
    expect(seen).toEqual(["id:one", "id:two"]);
  });
});
