import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEditor } from "../../../lib/platform/programs/editor.ts";

test.skipIf(process.platform === "win32")(
  "an editor knows where the store is, and none of our secrets",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "m2mcp-test-"));
    try {
      const file = join(folder, "seen");
      const env = {
        PATH: process.env.PATH,
        M2MCP_HOME: "/store",
        M2MCP_STORE: "file",
        M2MCP_PASSPHRASE: "word",
        M2MCP_CLIENT_SECRET: "s3cret",
      };
      const write = `sh -c 'echo "$M2MCP_HOME $M2MCP_STORE [$M2MCP_PASSPHRASE$M2MCP_CLIENT_SECRET]" > "$1"' sh`;
      expect(await openEditor(write, file, env, false)).toBeUndefined();
      expect(readFileSync(file, "utf8")).toBe("/store file []\n");
      expect(await openEditor("exit 3; true", file, env, false)).toBe("exit code 3");
      expect(await openEditor("kill -9 $$; true", file, env, false)).toBe("it was ended by SIGKILL");
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
