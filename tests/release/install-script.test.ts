// install.sh as it is written, over HTTP, with an executable of no matter; of install.ps1 no more than its order is seen here.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Serving, serveHttp } from "../support/net/listen.ts";

const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const work = mkdtempSync(join(tmpdir(), "m2mcp-script-"));
const TEMPLATE = join(import.meta.dir, "..", "..", ".ci", "release", "templates", "install.sh");
const TITLE = `m2mcp-9.9.9-linux-${process.arch}`;
const script = join(work, "install.sh");
let server: Serving;

beforeAll(async () => {
  writeFileSync(script, readFileSync(TEMPLATE, "utf8").replaceAll("{{version}}", "9.9.9"));
  // Larger than the disk of one of the tests.
  const padding = `# ${"x".repeat(400_000)}\n`;
  for (const title of [TITLE, `${TITLE}-musl`]) {
    mkdirSync(join(work, title));
    writeFileSync(join(work, title, "m2mcp"), `#!/bin/sh\necho m2mcp 9.9.9\n${padding}`);
    spawnSync("tar", ["-cJf", `${title}.tar.xz`, title], { cwd: work });
  }
  const sums = [TITLE, `${TITLE}-musl`].map((title) => {
    const archive = readFileSync(join(work, `${title}.tar.xz`));
    return `${createHash("sha256").update(archive).digest("hex")}  ${title}.tar.xz\n`;
  });
  writeFileSync(join(work, "SHA256SUMS"), sums.join(""));
  // As stores of objects do, it takes each slash for one.
  server = await serveHttp(({ url = "" }, response) => {
    const name = /^\/files\/([\w.-]+)$/.exec(url)?.[1] ?? "";
    const file = join(work, name);
    if (name === "" || !existsSync(file)) response.writeHead(404).end();
    else response.end(readFileSync(file));
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(work, { recursive: true, force: true });
});

/** Runs a line of sh, with the script as $1. */
async function run(line: string, env: Record<string, string>) {
  const child = Bun.spawn(["sh", "-c", line, "sh", script], {
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, said: out + err };
}

describe.skipIf(process.platform !== "linux" || !has("xz"))("install.sh", () => {
  test("takes a mirror's address with a slash at its end as without", async () => {
    for (const end of ["", "/"]) {
      const folder = join(work, `bin${end === "" ? 1 : 2}`);
      const env = { M2MCP_RELEASE_URL: `${server.origin}/files${end}`, M2MCP_INSTALL_DIR: folder };
      const { code, said } = await run('sh "$1"', env);
      expect([said, code]).toEqual([expect.stringContaining("installed m2mcp 9.9.9 as"), 0]);
      expect(readdirSync(folder)).toEqual(["m2mcp"]);
    }
  });

  test.skipIf(process.getuid?.() !== 0 || spawnSync("unshare", ["-m", "true"]).status !== 0)(
    "leaves nothing where the disk is full, and the one that is there as it is",
    async () => {
      const folder = join(work, "small");
      mkdirSync(folder);
      const there =
        'echo old > "$M2MCP_INSTALL_DIR/m2mcp"; sh "$1"; echo "code $?"; ls -A "$M2MCP_INSTALL_DIR"';
      const line = `mount -t tmpfs -o size=64k none "$M2MCP_INSTALL_DIR"; ${there}; cat "$M2MCP_INSTALL_DIR/m2mcp"`;
      const env = { M2MCP_RELEASE_URL: `${server.origin}/files`, M2MCP_INSTALL_DIR: folder, LINE: line };
      const { said } = await run('exec unshare -m sh -c "$LINE" sh "$1"', env);
      expect(said).toMatch(/^code [1-9]\d*\nm2mcp\nold\n/m);
    },
  );
});

test("install.ps1 tries the executable before anything is moved, and puts back the one that was there", () => {
  const text = readFileSync(TEMPLATE.replace(/sh$/, "ps1"), "utf8");
  const order = ["Get-FileHash", "Expand-Archive", "& $fresh --version", "$LASTEXITCODE", "Move-Item $there"];
  const places = [...order, "Move-Item $fresh $there", 'Move-Item "$there.old-$PID" $there'].map((step) =>
    text.indexOf(step),
  );
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
});
