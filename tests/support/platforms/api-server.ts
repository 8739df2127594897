// The API server of a cluster, as far as TokenRequest goes, over TLS of an authority of its own; and a pod's files.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { json } from "../mcp/scripted.ts";
import type { Certificates } from "../net/certificates.ts";
import { close, listen } from "../net/listen.ts";
import type { Issuer } from "./issuer.ts";

export interface ApiServer {
  /** What the kubelet sets in a pod. */
  env: { KUBERNETES_SERVICE_HOST: string; KUBERNETES_SERVICE_PORT: string };
  /** Paths that were asked for. */
  asked: string[];
  /** Answers in place of what is right. */
  instead: ((response: ServerResponse) => void) | undefined;
  stop(): Promise<void>;
}

/** @param accounts service accounts that a pod may make tokens of, by `namespace/name` */
export async function startApiServer(
  issuer: Issuer,
  certificates: Certificates,
  podToken: string,
  accounts: readonly string[],
): Promise<ApiServer> {
  const { certFile, keyFile } = certificates.server;
  const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  const server = createServer(tls, (request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const { pathname } = new URL(request.url ?? "/", "https://x");
      api.asked.push(pathname);
      if (api.instead) return api.instead(response);
      const status = (code: number) => json(response, { kind: "Status", status: "Failure", code }, code);
      if (request.headers.authorization !== `Bearer ${podToken}`) return status(401);
      const [, namespace, name] =
        /^\/api\/v1\/namespaces\/([^/]+)\/serviceaccounts\/([^/]+)\/token$/.exec(pathname) ?? [];
      if (request.method !== "POST" || !namespace || !name) return status(404);
      if (name === "nobody") return status(404);
      if (!accounts.includes(`${namespace}/${name}`)) return status(403);
      const { apiVersion, kind, spec } = JSON.parse(body);
      if (apiVersion !== "authentication.k8s.io/v1" || kind !== "TokenRequest") return status(400);
      if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) return status(422);
      const expirationTimestamp = new Date(Date.now() + 600_000).toISOString();
      const sub = `system:serviceaccount:${namespace}:${name}`;
      void issuer
        .token(spec.audiences, { sub })
        .then((token) =>
          json(
            response,
            { apiVersion, kind, metadata: {}, spec, status: { token, expirationTimestamp } },
            201,
          ),
        );
    });
  });
  const port = await listen(server);
  const api: ApiServer = {
    env: { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(port) },
    asked: [],
    instead: undefined,
    stop: () => close(server),
  };
  return api;
}

/** The files of a pod's service account below a folder. @returns their folder */
export function podFiles(root: string, token: string, certificates: Certificates): string {
  const folder = join(root, "var/run/secrets/kubernetes.io/serviceaccount");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "token"), token);
  writeFileSync(join(folder, "namespace"), "agents");
  writeFileSync(join(folder, "ca.crt"), readFileSync(certificates.caFile));
  return folder;
}
