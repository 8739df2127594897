// `mtls-world.mjs` as a process of its own, under Node: what its servers see of client certificates is what it prints.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Certificates, makeCertificates } from "../net/certificates.ts";

/** One request as a server saw it. */
interface SeenByMtls {
  where: "issuer" | "alias" | "mcp";
  path: string;
  status: number;
  certificate: string | null;
}

export interface MtlsWorld {
  /** Of the MCP server. */
  url: string;
  certificates: Certificates;
  seen: SeenByMtls[];
  stop(): void;
}

/** An authorization server and an MCP server that want certificates of their clients, by an authority of their own. */
export async function startMtlsWorld(): Promise<MtlsWorld> {
  const certificates = makeCertificates();
  const { certFile, keyFile } = certificates.server;
  const script = join(import.meta.dir, "mtls-world.mjs");
  const child = spawn("node", [script, certFile, keyFile, certificates.caFile], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const seen: SeenByMtls[] = [];
  const url = await new Promise<string>((resolve) =>
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("{")) seen.push(JSON.parse(line));
      else if (line.startsWith("https://")) resolve(line);
    }),
  );
  return {
    url,
    certificates,
    seen,
    stop() {
      child.kill();
      rmSync(certificates.folder, { recursive: true, force: true });
    },
  };
}
