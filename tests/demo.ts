// The main job, shown: a real authorization server, a real protected MCP server, and the executable between them. With
// `--stay` the servers go on, to be tried by hand.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { stay } from "./demo-stay.ts";
import { BINARY, createHome } from "./support/home.ts";
import { startWorld } from "./support/world.ts";

const world = await startWorld();
const home = createHome();
const { id, secret } = world.as.clients.basic;
let failed = false;

const say = (text: string) => console.log(text);
async function show(args: string[], env: Record<string, string> = {}): Promise<void> {
  say(
    `\n$ ${Object.keys(env)
      .map((name) => `${name}=… `)
      .join("")}m2mcp ${args.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg)).join(" ")}`,
  );
  const { code, stdout, stderr } = await home.run(args, { env });
  say(`${stdout}${stderr}`.trimEnd());
  if (code === 0) return;
  say(`exit code ${code}`);
  failed = true;
}

try {
  say(`authorization server  ${world.as.issuer}`);
  say(`protected MCP server  ${world.mcp.url}`);
  await show(["login", world.mcp.url, "--grant", "client-credentials", "--client-id", id], {
    M2MCP_CLIENT_SECRET: secret,
  });
  await show(["connect", world.mcp.url, "@svc"]);
  await show(["@svc", "tools-list"]);
  await show(["@svc", "tools-call", "add", "a:=2", "b:=40"]);

  say("\nan MCP host starts `m2mcp bridge @svc` and speaks over stdio:");
  const client = new Client({ name: "demo", version: "1" });
  await client.connect(
    new StdioClientTransport({ command: BINARY, args: ["bridge", "@svc"], env: home.env }),
  );
  say(`  initialize → ${JSON.stringify(client.getServerVersion())}`);
  say(`  tools/list → ${(await client.listTools()).tools.length} tools`);
  const { content } = await client.callTool({ name: "echo", arguments: { text: "hello over the bridge" } });
  say(`  tools/call → ${JSON.stringify(content)}`);
  await client.close();

  await show(["logout", "@svc"]);
  await show(["logout", world.mcp.url]);
  say(`\n${world.as.tokenRequests.length} token request served all of this.`);
  if (world.as.tokenRequests.length !== 1) failed = true;
  if (!failed && process.argv.includes("--stay")) await stay(world, home, say);
} catch (error) {
  console.error(error);
  failed = true;
} finally {
  await home.remove();
  await world.end();
}
say(failed ? "\nthe demo FAILED" : "\nthe demo worked; everything it made is removed again.");
process.exit(failed ? 1 : 0);
