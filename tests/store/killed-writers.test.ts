// The executable, killed at any moment of a write.
import { describe, expect, test } from "bun:test";
import { grantOf } from "../../lib/auth/credentials.ts";
import { openProfileStore } from "../../lib/verbs/target/saved.ts";
import { collect } from "../support/home.ts";
import { sleep } from "../support/waiting.ts";
import { usedStore } from "./used-store.ts";

const { home, world, store, login } = usedStore();

describe("killed at any moment of a write, by the executable", () => {
  test("a login killed at any moment leaves the old or the new profile", async () => {
    await login("0");
    let last = 0;
    let changed = 0;
    // From the token request to the end, here and now: each twentieth round runs to its end.
    let wholeMs = Number.POSITIVE_INFINITY;
    // The switch from the old file to the new one takes a part of a millisecond of that: so many kills meet each step.
    for (let round = 1; round <= 200; round++) {
      const child = home.start(["login", world.url, "@svc", "--client-id", "id"], {
        env: { M2MCP_CLIENT_SECRET: String(round) },
      });
      const ended = collect(child);
      // From before the first write to after the last one: the token request is the last thing before them.
      while (world.secrets.at(-1) !== String(round)) await sleep(1);
      const askedMs = performance.now();
      const isWhole = round % 20 === 1;
      if (!isWhole) {
        await sleep(Math.random() * wholeMs * 1.1);
        child.kill("SIGKILL");
      }
      await ended;
      // One may have waited for a lock that a killed one left.
      if (isWhole) wholeMs = Math.min(wholeMs, performance.now() - askedMs);
      const opened = openProfileStore({
        env: { M2MCP_HOME: store() },
        warn: (line) => expect(line).toBe(""),
      });
      const authentication = grantOf((await opened.readProfile("svc"))?.credentials)?.authentication;
      const now = Number(
        authentication?.kind === "secret" && "value" in authentication.secret && authentication.secret.value,
      );
      expect([last, round]).toContain(now);
      await opened.readState("svc");
      if (isWhole) expect(now).toBe(round);
      else if (now === round) changed++;
      last = now;
    }
    console.log(`${changed} of 190 were killed after the switch`);
    expect(changed).toBeGreaterThan(0);
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  }, 120_000);

  test("a move of the key, or a change of the passphrase, killed at any moment leaves a store that opens", async () => {
    await login("s");
    const places = new Set<string>();
    let passphrase = "p0";
    // How long a change takes here and now: each third round runs to its end.
    let wholeMs = 0;
    // Twelve whole changes, of which three move the key, and twenty-four that are killed.
    for (let round = 1; round <= 36; round++) {
      const args = round % 4 === 0 ? ["store", "move", "--to", "file"] : ["store", "passphrase"];
      const next = `p${round}`;
      const child = home.start(args, { env: { M2MCP_PASSPHRASE: passphrase, M2MCP_NEW_PASSPHRASE: next } });
      const startedMs = performance.now();
      const ended = collect(child);
      const isWhole = round % 3 === 1;
      if (!isWhole) {
        await sleep(Math.random() * wholeMs * 1.1);
        child.kill("SIGKILL");
      }
      const { code, stderr } = await ended;
      if (isWhole) {
        expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
        wholeMs = performance.now() - startedMs;
      }
      // The old passphrase or the new one, unless a file holds the key; read as another process would.
      const outcomes: string[] = [];
      for (const one of [passphrase, next]) {
        const opened = openProfileStore({ env: { M2MCP_HOME: store(), M2MCP_PASSPHRASE: one }, warn() {} });
        const found = await opened.readProfile("svc").catch(() => null);
        if (!found) continue;
        outcomes.push(await opened.keyPlace());
        passphrase = one;
        break;
      }
      expect(outcomes).toHaveLength(1);
      places.add(outcomes[0] ?? "");
    }
    expect([...places].sort()).toEqual(["file", "passphrase"]);
    const after = await home.run(["@svc", "tools-list"], { env: { M2MCP_PASSPHRASE: passphrase } });
    expect(after.code).toBe(0);
  }, 300_000);
});
