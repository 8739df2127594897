// nginx, as Debian has it, in front of several servers: each request goes to the next of them, sessions or not.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../waiting.ts";
import { freePort } from "./listen.ts";

const BINARY = "/usr/sbin/nginx";
export const hasNginx = existsSync(BINARY);

export interface Nginx {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** @param header a header that nginx adds, as `name value` */
export async function startNginx(ports: readonly number[], header = ""): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-nginx-"));
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join("\n");
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; worker_rlimit_nofile 16384; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 8192; }
http {
  ${temporary}
  access_log off; keepalive_requests 1000000;
  upstream replicas { ${ports.map((one) => `server 127.0.0.1:${one} max_fails=0;`).join(" ")} ${ports.length === 1 ? "keepalive 256;" : ""} }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://replicas;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
      ${header === "" ? "" : `proxy_set_header ${header};`}
      proxy_next_upstream error timeout http_502 http_503 non_idempotent;
      proxy_read_timeout 300s;
      proxy_buffering on;
    }
  }
}
`,
  );
  const child: ChildProcess = spawn(BINARY, ["-p", folder, "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words += text;
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let isUp = false;
  const look = async () => {
    while (!isUp && child.exitCode === null) {
      isUp = await fetch(`http://127.0.0.1:${port}/healthz`).then(
        () => true,
        () => false,
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  void look();
  await until(() => isUp || child.exitCode !== null);
  if (!isUp) throw new Error(`nginx has ended: ${words}`);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
