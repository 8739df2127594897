// Tokens that something else makes, over their life, with a clock that the test sets.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthorization } from "../../../lib/auth/authorization/authorization.ts";
import type { ReadyToken } from "../../../lib/auth/credentials.ts";
import type { M2mcpError } from "../../../lib/failure.ts";
import { memoryDeps } from "../memory-deps.ts";

const SERVER = "https://mcp.example/mcp";
const T0 = Date.UTC(2026, 10, 1);
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp-token-"));
  file = join(folder, "token");
});
afterEach(() => rmSync(folder, { recursive: true }));

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (issuedMs: number, lifeS = 300, jti = "a") =>
  `${part({ alg: "none" })}.${part({ iat: issuedMs / 1000, exp: issuedMs / 1000 + lifeS, jti })}.c2ln`;

/** @param serverAheadMs the server's clock, as its answers are dated */
function setUp(origin: Partial<ReadyToken> = {}, serverAheadMs = 0) {
  const probes: string[] = [];
  const asked = async (url: RequestInfo | URL) => {
    probes.push(String(url));
    const date = new Date(memory.deps.now() + serverAheadMs).toUTCString();
    return new Response(null, { status: 401, headers: { date, "www-authenticate": "Bearer" } });
  };
  const memory = memoryDeps({ fetch: Object.assign(asked, { preconnect() {} }) }, () => T0);
  const credentials: ReadyToken = { grant: null, token: { from: "file", path: file }, ...origin };
  const open = () => createAuthorization(memory.deps, { server: SERVER, credentials });
  return { ...memory, open, probes };
}
const ask = { method: "POST", url: SERVER };
const refusedWith = (sent: Record<string, string>) => ({
  ...ask,
  refusal: { status: 401, wwwAuthenticate: "Bearer error=invalid_token", sent },
});
type Opened = ReturnType<ReturnType<typeof setUp>["open"]>;
const sentBy = async (authorization: Opened) => {
  const headers = await authorization.headers(ask);
  return { headers, token: headers.authorization?.slice("Bearer ".length) };
};
/** What is sent once a renewal in the background has ended. */
const renewed = async (authorization: Opened) => {
  await sentBy(authorization);
  await authorization.end();
};

test("a token is read once for all, and anew in the background before its end", async () => {
  const { open, pass, state, probes } = setUp();
  writeFileSync(file, jwt(T0));
  const [first, second] = [open(), open()];
  await Promise.all([first, second].map(sentBy));
  const next = jwt(T0 + 200_000);
  writeFileSync(file, next);
  pass(200_000);
  expect((await sentBy(first)).token).toBe(jwt(T0));
  pass(60_000);
  expect((await sentBy(first)).token).toBe(jwt(T0));
  await first.end();
  expect(state().token?.accessToken).toBe(next);
  // 260 s: the other process finds it in what they share.
  expect((await sentBy(open())).token).toBe(next);
  expect(probes).toEqual([]);
});

test("a file that holds the same token still is looked at again, the closer the end the sooner", async () => {
  const { open, pass, state } = setUp();
  writeFileSync(file, jwt(T0));
  await sentBy(open());
  pass(260_000);
  await renewed(open());
  expect(state().token?.expiresAtMs).toBe(T0 + 300_000);
  writeFileSync(file, jwt(T0 + 270_000));
  pass(25_000);
  await renewed(open());
  expect(state().token?.accessToken).toBe(jwt(T0 + 270_000));
});

describe("a renewal that brings what the server refuses", () => {
  for (const bad of [["garbage"], ["half-1", "half-2"], [jwt(T0 + 240_000, 300, "cut").slice(0, -2)]])
    test(`${bad.length} of ${bad[0]?.slice(0, 8)}: the token before it is sent, by all, until a better one comes`, async () => {
      const { open, pass, state } = setUp();
      const good = jwt(T0);
      writeFileSync(file, good);
      const [one, two] = [open(), open()];
      await Promise.all([one, two].map(sentBy));
      writeFileSync(file, bad[0] ?? "");
      pass(256_000);
      await renewed(open());
      expect(state().token?.accessToken).toBe(bad[0]);
      const authorization = open();
      let sent = await authorization.headers(ask);
      for (const next of [...bad.slice(1), bad.at(-1) ?? ""]) {
        writeFileSync(file, next);
        pass(1);
        sent = await authorization.headers(refusedWith(sent));
      }
      if (sent.authorization !== `Bearer ${good}`) sent = await authorization.headers(refusedWith(sent));
      expect(sent.authorization).toBe(`Bearer ${good}`);
      expect((await sentBy(open())).token).toBe(good);
      // What was refused is not taken again, however often it is read.
      pass(25_000);
      await renewed(open());
      expect(state().token?.accessToken).toBe(good);
      writeFileSync(file, jwt(T0 + 270_000));
      pass(21_000);
      await renewed(open());
      expect(state().token?.accessToken).toBe(jwt(T0 + 270_000));
    });

  test("a token refused that the file still holds is not sent twice, and read as soon as there is another", async () => {
    const { open, pass } = setUp();
    writeFileSync(file, jwt(T0));
    const authorization = open();
    const { headers } = await sentBy(authorization);
    const failed = await authorization.headers(refusedWith(headers)).catch((error: M2mcpError) => error);
    expect(failed).toMatchObject({ code: "not_authorized", hint: expect.stringContaining("m2mcp whoami") });
    writeFileSync(file, jwt(T0, 300, "b"));
    pass(1);
    expect((await authorization.headers(refusedWith(headers))).authorization).toBe(
      `Bearer ${jwt(T0, 300, "b")}`,
    );
  });
});

describe("clocks ten minutes off", () => {
  for (const aheadMs of [600_000, -600_000])
    test(`${aheadMs / 1000} s: the server is asked once what time it is, and the end is right`, async () => {
      const { open, pass, state, probes } = setUp({}, aheadMs);
      writeFileSync(file, jwt(T0 + aheadMs));
      await sentBy(open());
      expect(Math.abs((state().token?.expiresAtMs ?? 0) - T0 - 300_000)).toBeLessThan(1000);
      writeFileSync(file, jwt(T0 + aheadMs + 256_000));
      pass(256_000);
      await renewed(open());
      expect(state().token?.accessToken).toBe(jwt(T0 + aheadMs + 256_000));
      expect(probes).toHaveLength(1);
    });

  test("a token is sent to its very end, though the server tells its time in whole seconds", async () => {
    const { open, pass } = setUp({}, -600_000);
    const token = jwt(T0 - 600_000);
    writeFileSync(file, token);
    await sentBy(open());
    rmSync(file);
    pass(299_700);
    const authorization = open();
    expect((await sentBy(authorization)).token).toBe(token);
    await authorization.end();
  });

  test("a token that is over by the server's clock too is not sent", async () => {
    const { open, probes } = setUp();
    writeFileSync(file, jwt(T0 - 600_000));
    const failed = await open()
      .headers(ask)
      .catch((error: M2mcpError) => error);
    expect(failed).toMatchObject({ code: "token_over", message: expect.stringContaining("ended 300 s ago") });
    expect(probes).toHaveLength(1);
  });
});

test("--token-lifetime counts in place of what a token says, or where it says nothing", async () => {
  for (const token of [jwt(T0, 10), "opaque"]) {
    const { open, pass, state } = setUp({ lifetimeMs: 300_000 });
    writeFileSync(file, token);
    await sentBy(open());
    expect(state().token?.expiresAtMs).toBe(T0 + 300_000);
    writeFileSync(file, `${token}2`);
    pass(299_000);
    await renewed(open());
    expect(state().token?.accessToken).toBe(`${token}2`);
  }
});

test("a command that fails answers all who waited for it, and nobody who comes later", async () => {
  const runs = join(folder, "runs");
  const command = `echo x >> '${runs}'; cat '${file}'`;
  const { open, pass } = setUp({ token: { from: "command", command } });
  const all = Array.from({ length: 20 }, () =>
    open()
      .headers(ask)
      .catch((error: M2mcpError) => error.code),
  );
  expect(await Promise.all(all)).toEqual(Array(20).fill("command_failed"));
  expect(readFileSync(runs, "utf8")).toBe("x\n");
  writeFileSync(file, jwt(T0));
  pass(1);
  expect((await sentBy(open())).token).toBe(jwt(T0));
});

test("a command that is slow is ended with who asked for it", async () => {
  const slow = join(folder, "slow");
  const command = `if [ -e '${slow}' ]; then sleep 20; fi; cat '${file}'`;
  const { open, pass } = setUp({ token: { from: "command", command } });
  writeFileSync(file, jwt(T0));
  const authorization = open();
  await sentBy(authorization);
  writeFileSync(slow, "");
  pass(260_000);
  expect((await sentBy(authorization)).token).toBe(jwt(T0));
  const startedMs = performance.now();
  await authorization.end();
  expect(performance.now() - startedMs).toBeLessThan(6000);
});

test("more scopes cannot be had for it: the refusal says who could", async () => {
  const { open } = setUp();
  writeFileSync(file, jwt(T0));
  const authorization = open();
  const { headers } = await sentBy(authorization);
  const failed = await authorization
    .headers({
      ...ask,
      refusal: {
        status: 403,
        wwwAuthenticate: 'Bearer error="insufficient_scope", scope="admin"',
        sent: headers,
      },
    })
    .catch((error: M2mcpError) => error);
  expect(failed).toMatchObject({ code: "step_up_refused", message: expect.stringContaining("admin") });
});
