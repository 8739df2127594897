// The metadata server of Google Cloud, as "About VM metadata" and "Verifying the identity of instances" describe it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Serving, serveHttp } from "../net/listen.ts";
import { mintToken } from "./token.ts";

const FLAVOR = { "metadata-flavor": "Google", server: "Metadata Server for VM" };
const ACCOUNTS: Record<string, string> = {
  default: "svc@project.iam.gserviceaccount.com",
  "other@project.iam.gserviceaccount.com": "other@project.iam.gserviceaccount.com",
};

/** @param before answers in its place where it returns true */
export async function startGcpMetadata(
  before: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<Serving & { host: string; asked: string[] }> {
  const asked: string[] = [];
  const server = await serveHttp((request, response) => {
    asked.push(request.url ?? "");
    if (before(request, response)) return;
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://metadata");
    const isForwarded = "x-forwarded-for" in request.headers;
    if (request.headers["metadata-flavor"] !== "Google" || isForwarded)
      return response.writeHead(403, { ...FLAVOR, "content-type": "text/html" }).end("<h1>Forbidden</h1>");
    if (pathname === "/" || pathname === "/computeMetadata/v1/instance")
      return response
        .writeHead(200, { ...FLAVOR, "content-type": "application/text" })
        .end("computeMetadata/\n");
    const [, account = ""] =
      /^\/computeMetadata\/v1\/instance\/service-accounts\/([^/]+)\/identity$/.exec(pathname) ?? [];
    const email = ACCOUNTS[decodeURIComponent(account)];
    if (email === undefined) return response.writeHead(404, FLAVOR).end("Not Found");
    const aud = searchParams.get("audience");
    if (!aud) return response.writeHead(400, FLAVOR).end("non-empty audience parameter required");
    const isFull = searchParams.get("format") === "full";
    response.writeHead(200, { ...FLAVOR, "content-type": "text/html" }).end(
      mintToken({
        iss: "https://accounts.google.com",
        aud,
        sub: "104029",
        ...(isFull ? { email, google: { compute_engine: { project_id: "project" } } } : {}),
      }),
    );
  });
  return { ...server, host: new URL(server.origin).host, asked };
}
