// A fake platform, an authorization server that takes its tokens, an MCP server, and the executable between them.
import type { Home, Outcome } from "../home.ts";
import { startScriptedWorld, type WorldScript } from "../oauth/scripted-world.ts";
import { type Issuer, type Taken, takesAssertions } from "./issuer.ts";

export interface PlatformWorld {
  url: string;
  origin: string;
  /** What the authorization server took. */
  taken: Taken[];
  /** One call with the platform's token, as the client's proof or as the grant. */
  call(use: Taken["use"], platform: string, env: Record<string, string>, ...more: string[]): Promise<Outcome>;
}

/** The issuer proves a client, the token endpoint is whom a grant is for; unless a platform has an audience of its own. */
export const usualAudience = (use: Taken["use"], origin: string): string =>
  use === "client" ? origin : `${origin}/token`;

export async function platformWorld(
  home: Home,
  issuer: Issuer,
  audience = usualAudience,
  script: Omit<WorldScript, "token"> = {},
): Promise<PlatformWorld> {
  const taken: Taken[] = [];
  const world = home.owns(
    await startScriptedWorld({ ...script, token: takesAssertions(issuer, audience, taken) }),
  );
  const as = { client: ["--client-id", "machine"], grant: ["--grant", "jwt-bearer"] };
  return {
    url: world.url,
    origin: world.origin,
    taken,
    call: (use, platform, env, ...more) =>
      home.run(["tools-list", world.url, ...as[use], "--assertion", platform, "--verbose", ...more], { env }),
  };
}
