import type { Member, MergedContext } from "../context.ts";
import { serverAway } from "../errors.ts";

/**
 * What work at one server comes to, unless it turns out meanwhile that the server is away: others need not wait for that
 * work to give up.
 *
 * @param what it is about, for a person
 * @throws M2mcpError server_away, and what the work throws
 */
export async function unlessAway<T>(
  { shared: { watchers } }: MergedContext,
  member: Member,
  what: string,
  work: Promise<T>,
): Promise<T> {
  const gone = Promise.withResolvers<never>();
  const look = () => {
    const presence = member.upstream.presence.now();
    if (presence.kind === "away") gone.reject(serverAway(member.name, presence.reason, what));
  };
  const watcher = (server: string) => {
    if (server === member.name) look();
  };
  watchers.add(watcher);
  try {
    return await Promise.race([work, gone.promise]);
  } finally {
    watchers.delete(watcher);
  }
}
