// Tokens of fake platforms, the same for the same question: who asks twice, by whatever program, gets one text.
import { createHmac, randomBytes } from "node:crypto";

const key = randomBytes(32);
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWT that only this process can sign. */
export function mintToken(claims: Record<string, unknown>): string {
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp: 4_102_444_800, ...claims })}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

/** What a token says that this process signed; undefined for any other text. */
export function claimsOf(token: string | null | undefined): Record<string, unknown> | undefined {
  const [header, payload, signature] = (token ?? "").split(".");
  const mine = createHmac("sha256", key).update(`${header}.${payload}`).digest("base64url");
  return signature === mine
    ? JSON.parse(Buffer.from(payload ?? "", "base64url").toString("utf8"))
    : undefined;
}

/** The token that a platform's own library gets, in a process of its own: libraries remember what they found. */
export async function byLibrary(
  platform: "google" | "azure" | "aks" | "aws",
  asked: object,
  env: Record<string, string>,
): Promise<string> {
  const { PATH = "" } = process.env;
  const child = Bun.spawn(["bun", `ask-${platform}.mjs`, JSON.stringify(asked)], {
    cwd: import.meta.dir,
    env: { PATH, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return (await child.exited) === 0 ? stdout : `failed: ${stderr}`;
}
