// The reference server of the official SDK, which has tasks of 2025-11-25, as a process of its own.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../home.ts";
import { freePort } from "../net/listen.ts";
import { until } from "../waiting.ts";

const PROGRAM = join(ROOT, "node_modules/@modelcontextprotocol/server-everything/dist/index.js");

export async function startEverything(): Promise<{ url: string; stop(): void }> {
  const port = await freePort();
  const child = spawn("node", [PROGRAM, "streamableHttp"], {
    env: { PATH: process.env.PATH ?? "", PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said += chunk;
    });
  await until(() => /listening/i.test(said), 30_000);
  return { url: `http://127.0.0.1:${port}/mcp`, stop: () => void child.kill("SIGKILL") };
}
