// Real hosts from npm, none of which wants an account for this, over entries that `m2mcp install` wrote: run by hand.
//
//   bun run build && bun tests/desktop/real-hosts.ts [FOLDER WITH THE HOSTS INSTALLED]
//
// Prints what each of them shows: connected, with a secret that is wrong since, and with a server that is gone.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createHome } from "../support/home.ts";
import { startWorld } from "../support/world.ts";

const PACKAGES = [
  "@anthropic-ai/claude-code",
  "@openai/codex",
  "@google/gemini-cli",
  "@github/copilot",
  "@modelcontextprotocol/inspector",
  "mcporter",
];

const folder = process.argv[2] ?? join(homedir(), ".cache", "m2mcp-real-hosts");
if (!existsSync(join(folder, "node_modules", "mcporter"))) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), "{}\n");
  const { status } = spawnSync("npm", ["install", ...PACKAGES], { cwd: folder, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

const world = await startWorld();
const home = createHome();
const project = join(home.folder, "project");
const secretFile = join(home.folder, "secret");
const { id, secret } = world.as.clients.basic;
mkdirSync(project);
writeFileSync(secretFile, secret, { mode: 0o600 });

/** Runs a program of the hosts as a user would, and prints what it shows. */
async function show(program: string, ...args: string[]): Promise<void> {
  const child = Bun.spawn([join(folder, "node_modules", ".bin", program), ...args], {
    cwd: project,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: {
      HOME: home.folder,
      PATH: process.env.PATH ?? "",
      NO_COLOR: "1",
      CI: "1",
      // Gemini starts no server in a folder that nobody has trusted.
      GEMINI_CLI_TRUST_WORKSPACE: "true",
    },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 120_000);
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(timer);
  const lines = `${out}\n${err}`.split("\n").filter((line) => line.trim() !== "");
  console.log(`$ ${program} ${args.join(" ")}   → ${code}`);
  for (const line of lines.slice(0, 30)) console.log(`  ${line.slice(0, 400)}`);
}

async function m2mcp(...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await home.run(args, { cwd: project });
  if (code !== 0) throw new Error(`m2mcp ${args.join(" ")}: ${stdout}${stderr}`);
}

const file = (...parts: string[]) => join(home.folder, ...parts);

/** All of them, over the entries as they stand. */
async function showAll(): Promise<void> {
  await show("claude", "mcp", "list");
  await show("claude", "mcp", "get", "svc");
  showLog();
  await show("codex", "mcp", "list");
  await show("gemini", "mcp", "list");
  await show("copilot", "mcp", "get", "svc");
  const inspect = ["--cli", "--config", file(".cursor", "mcp.json"), "--server", "svc"];
  await show("mcp-inspector", ...inspect, "--method", "tools/list");
  await show(
    "mcp-inspector",
    ...inspect,
    "--method",
    "tools/call",
    "--tool-name",
    "add",
    "--tool-arg",
    "a=2",
    "b=3",
  );
  await show("mcporter", "--config", file(".cursor", "mcp.json"), "list", "svc");
}

/** The last that Claude Code's own log says of the server; it has words that `mcp list` leaves out. */
function showLog(): void {
  const logs = [
    ...new Bun.Glob(".cache/claude-cli-nodejs/*/mcp-logs-svc/*.jsonl").scanSync({
      cwd: home.folder,
      dot: true,
    }),
  ];
  const last = logs.sort().at(-1);
  const lines = last ? readFileSync(file(last), "utf8").trimEnd().split("\n") : [];
  for (const line of lines) {
    const { error, debug } = JSON.parse(line);
    if (error || /connect/i.test(debug ?? ""))
      console.log(`  (Claude Code's log) ${error ?? debug}`.slice(0, 400));
  }
}

const heading = (text: string) => console.log(`\n## ${text}\n`);

try {
  heading(`Versions, ${new Date().toISOString().slice(0, 10)}`);
  for (const program of ["claude", "codex", "gemini", "copilot", "mcporter"])
    await show(program, "--version");
  console.log(
    `mcp-inspector ${(await Bun.file(join(folder, "node_modules/@modelcontextprotocol/inspector/package.json")).json()).version}`,
  );
  await m2mcp(
    "login",
    world.mcp.url,
    "@svc",
    "--client-id",
    id,
    "--client-secret-file",
    secretFile,
    "--no-store-secret",
    "--store",
    "file",
  );
  const hosts = ["claude-code", "codex", "gemini", "copilot", "cursor"].flatMap((host) => ["--host", host]);
  await m2mcp("install", "@svc", ...hosts, "--yes");

  heading("Connected");
  await showAll();

  heading("The secret is wrong since, and no token is kept");
  writeFileSync(secretFile, "not-the-secret");
  rmSync(join(home.folder, "store", "state"), { recursive: true, force: true });
  await showAll();

  heading("The server is gone");
  writeFileSync(secretFile, secret);
  await world.mcp.stop();
  await showAll();

  heading("Taken out again");
  await m2mcp("uninstall", "@svc", "--yes");
  await show("claude", "mcp", "list");
  await show("codex", "mcp", "list");
  await show("copilot", "mcp", "list");
} finally {
  await home.remove();
  await world.end().catch(() => {});
}
process.exit(0);
