// Servers side by side under saved names, each behind a door.
import type { Home } from "../../support/home.ts";
import { startFullLegacyServer } from "../../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../../support/mcp/full-modern-server.ts";
import type { FullServer } from "../../support/mcp/full-server.ts";
import { type Door, startDoor } from "../../support/net/door.ts";
import { connectLegacy, connectModern } from "../../support/sdk-clients.ts";

export interface Behind extends FullServer {
  door: Door;
}

export const KINDS = {
  legacy: () => startFullLegacyServer("http"),
  sse: () => startFullLegacyServer("sse"),
  modern: () => startFullModernServer(),
};
export type Kind = keyof typeof KINDS;
export const CLIENTS = { legacy: connectLegacy, modern: connectModern };

/** A server with everything, saved under a name. */
export async function saved(home: Home, name: string, kind: Kind, isOpen = true): Promise<Behind> {
  const server = home.owns(await KINDS[kind]());
  const door = home.owns(await startDoor(server.url));
  await save(home, name, door.url);
  if (!isOpen) await door.shut();
  return { ...server, door };
}

export async function save(home: Home, name: string, url: string): Promise<void> {
  const { code, stderr } = await home.run(["connect", url, `@${name}`]);
  if (code !== 0) throw new Error(stderr);
}
