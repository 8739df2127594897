const PAGES = ["commands", "credentials", "options", "environment", "exit-codes", "json"] as const;

/** A page of help that belongs to no verb. */
export type HelpPage = (typeof PAGES)[number];

/** What `m2mcp help` takes beside the names of verbs: the pages, and the manual. */
export const HELP_TOPICS: readonly string[] = [...PAGES, "man"];

export const isPage = (text: string | null): text is HelpPage => PAGES.some((page) => page === text);
