// Secrets that a shell's `<(command)` prints, to a program that starts itself once more: to take arguments out of sight, and
// in `serve`.
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { BINARY, createHome } from "../../support/home.ts";
import { startServe } from "../../support/serve.ts";
import { startWorld } from "../../support/world.ts";

const hasBash = process.platform !== "win32" && spawnSync("bash", ["-c", ":"]).status === 0;

/** Runs the program with further arguments that bash reads. */
const withArguments = (text: string) => createHome(["bash", "-c", `exec "$0" "$@" ${text}`, BINARY]);

test.skipIf(!hasBash)(
  "what is in pipes of the shell is read though the program starts itself once more",
  async () => {
    const world = await startWorld();
    const { id, secret } = world.as.clients.basic;
    const env = { SECRET: secret, ID: id };
    const home = withArguments('--client-id "$ID" --client-secret-file <(sleep 0.2; printf %s "$SECRET")');
    const guarded = withArguments(
      '--client-id "$ID" --client-secret-file <(printf %s "$SECRET") --bearer-file <(echo b3arer)',
    );
    try {
      // The password of the cache is what is taken out of sight.
      const args = ["tools-list", world.mcp.url, "--cache", "redis://:pass-word@127.0.0.1:9"];
      const { code, stdout, stderr } = await home.run(args, { env });
      expect([code, stderr]).toEqual([0, expect.stringContaining("does not serve")]);
      expect(stdout).toContain("echo");
      const { url, stderr: said } = await startServe(guarded, [world.mcp.url], { env });
      const status = async (path: string, bearer: string) =>
        (await fetch(new URL(path, url), { headers: { authorization: `Bearer ${bearer}` } })).status;
      expect(await status("/readyz", "")).toBe(200);
      expect([await status("/metrics", "b3arer"), await status("/metrics", "another")]).toEqual([200, 401]);
      expect(said()).not.toContain("cannot read");
    } finally {
      await Promise.all([home.remove(), guarded.remove(), world.end()]);
    }
  },
);
