import type { Command } from "../../command-line/command.ts";
import { suggest } from "../../command-line/suggest.ts";
import { M2mcpError } from "../../failure.ts";
import type { McpClient } from "../../hosts/one-off.ts";
import { type JsonObject, objectOf, objectsIn } from "../../json.ts";
import { METHOD_NOT_FOUND } from "../../mcp/jsonrpc/message.ts";
import { firstLine } from "../../ui/lists/first-line.ts";
import { rowsShown } from "../../ui/screen/rows.ts";
import { noSkills, notOnServer, severalSkills, skillChanged } from "../errors.ts";
import { withClient } from "../with-client.ts";

/** A skill as the server lists it (SEP-2640): where its SKILL.md is, its frontmatter, the digests of its files. */
interface Skill {
  uri: string;
  name: string;
  description: unknown;
  digest: string | undefined;
}

/** `m2mcp @svc skills [NAME|URI]`: the skills of a server, or the text of one whose digest is right. */
export async function run(command: Command): Promise<undefined> {
  const [, wanted] = command.positionals;
  await withClient(command, (client) =>
    wanted === undefined ? list(command, client) : show(command, client, wanted),
  );
}

async function list(command: Command, client: McpClient): Promise<void> {
  const skills = await entries(client);
  command.output.data({ skills });
  if (skills.length > 0)
    command.output.show(
      rowsShown(
        skills.flatMap(skillOf).map(({ name, uri, description }) => ({
          head: [{ text: name, role: "name" }, uri],
          text: firstLine(description),
        })),
        command.output.screen.out,
      ),
    );
  else if (!command.output.json) command.output.note("the server lists no skills");
}

/** @throws M2mcpError no_skills where the server does not know the extension */
const entries = (client: McpClient): Promise<JsonObject[]> =>
  client.list("skills/list", "skills").catch((error: unknown) => {
    const isUnknown = error instanceof M2mcpError && error.answered?.code === METHOD_NOT_FOUND;
    throw isUnknown ? noSkills() : error;
  });

function skillOf(entry: unknown): Skill[] {
  const { uri, frontmatter, resources } = objectOf(entry);
  if (typeof uri !== "string") return [];
  const { name, description } = objectOf(frontmatter);
  const digest = objectsIn(resources).find((file) => file.uri === uri)?.digest;
  return [
    {
      uri,
      name: typeof name === "string" ? name : (uri.split("/").at(-2) ?? uri),
      description,
      digest: typeof digest === "string" ? digest : undefined,
    },
  ];
}

async function show(command: Command, client: McpClient, wanted: string): Promise<void> {
  const skill = wanted.includes("://") ? await byUri(client, wanted) : await byName(client, wanted);
  const result = await client.request("resources/read", { uri: skill.uri });
  const [content] = objectsIn(result.contents);
  const bytes =
    typeof content?.blob === "string"
      ? Buffer.from(content.blob, "base64")
      : Buffer.from(typeof content?.text === "string" ? content.text : "");
  // What does not match was changed since, or on its way: nobody shall act on it.
  if (skill.digest !== undefined && skill.digest !== (await digestOf(bytes))) throw skillChanged(skill.uri);
  if (command.output.json) command.output.data(result);
  else command.output.raw(bytes);
}

/** A server may serve skills that it does not list. */
async function byUri(client: McpClient, uri: string): Promise<Skill> {
  const { skill } = await client.request("skills/get", { uri });
  return skillOf(skill)[0] ?? { uri, name: uri, description: undefined, digest: undefined };
}

/** A name is a label, which several skills may have. */
async function byName(client: McpClient, name: string): Promise<Skill> {
  const skills = (await entries(client)).flatMap(skillOf);
  const [found, ...more] = skills.filter((skill) => skill.name === name);
  if (more.length > 0)
    throw severalSkills(
      name,
      [found, ...more].flatMap((one) => one?.uri ?? []),
    );
  if (found) return found;
  throw notOnServer(
    "skill",
    name,
    suggest(
      name,
      skills.map((skill) => skill.name),
    ),
    "m2mcp <target> skills",
  );
}

/** As the extension writes it: `sha256:` and 64 hexadecimal digits. */
async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha256:${Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex")}`;
}
