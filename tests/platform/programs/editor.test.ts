import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEditor } from "../../../lib/platform/programs/editor.ts";
import { inHome } from "../../support/home.ts";
import { reply, says } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { atTerminal, KEYS } from "../../support/terminal.ts";

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

test.skipIf(process.platform === "win32")(
  "Ctrl-C in an editor is the editor's: what is saved after it is sent",
  inHome(async (home) => {
    const tool = { name: "note", inputSchema: { type: "object", properties: { text: { type: "string" } } } };
    const server = home.owns(
      await startLegacyServer((asked) =>
        reply(asked, asked.method === "tools/list" ? { tools: [tool] } : says("noted")),
      ),
    );
    const editor = join(home.folder, "editor");
    const script = `trap 'echo heard' INT\necho ready\nread word\nread word\nprintf '{"text":"%s"}' "$word" > "$1"\n`;
    writeFileSync(editor, `#!/bin/bash\n${script}`, { mode: 0o700 });
    const screen = atTerminal(home, [server.url, "tools-call", "note", "--edit"], {
      env: { EDITOR: editor },
    });
    await screen.answer(/ready\n/, KEYS.ctrlC);
    await screen.answer(/heard\n/, "kept\nkept\n");
    expect(await screen.ended).toBe(0);
    expect(screen.text()).toEndWith("noted\n");
    const call = server.seen.find(({ method }) => method === "tools/call");
    expect(call?.params.arguments).toEqual({ text: "kept" });
  }),
);
