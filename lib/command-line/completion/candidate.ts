/** One thing that may be typed, as a whole word, and what it is. */
export interface Candidate {
  value: string;
  about: string;
}

/** What may stand at the end of a line. */
export interface Completion {
  candidates: Candidate[];
  /** Names of files suit as well. */
  files?: true;
}

/** A tool or a prompt, as earlier commands have seen it. */
export interface KnownItem {
  name: string;
  about: string;
  arguments: { name: string; required: boolean; type: string; choices: string[] }[];
}

/** What completion may look up; neither opens a connection. */
export interface Known {
  /** Names of profiles, without the @. */
  profiles(): Promise<string[]>;
  /** What is kept of a server's lists. */
  catalogue(target: string): Promise<{ tools: KnownItem[]; prompts: KnownItem[] }>;
}

/** All saved connections, as targets. */
export const profileCandidates = async (known: Known): Promise<Candidate[]> =>
  (await known.profiles()).map((name) => ({ value: `@${name}`, about: "A saved connection" }));
