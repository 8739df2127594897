import type { ServerMemory } from "../protocol/endpoint.ts";

/** What is remembered of a server, with news of it: of another era, what was known before holds no more. */
export const learned = (old: ServerMemory, news: ServerMemory): ServerMemory =>
  old.era === undefined || old.era === news.era ? { ...old, ...news } : news;
