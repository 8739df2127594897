/** Put in by the build (.ci/compile.ts); from source there are none. */
declare const BUILD_COMMIT: string | undefined;
declare const BUILD_TARGET: string | undefined;

/** What this program was built of and for, and what runs it. */
export interface BuildInfo {
  /** The commit's hash; null when run from source. */
  commit: string | null;
  /** As in the names of release files: `linux-x64-musl`; null when run from source. */
  target: string | null;
  /** Name and version: `bun 1.4.5`. */
  runtime: string;
}

export const buildInfo = (): BuildInfo => ({
  commit: typeof BUILD_COMMIT === "string" ? BUILD_COMMIT : null,
  target: typeof BUILD_TARGET === "string" ? BUILD_TARGET : null,
  runtime: runtime(),
});

function runtime(): string {
  const { bun, deno } = process.versions;
  if (bun) return `bun ${bun}`;
  return deno ? `deno ${deno}` : `node ${process.versions.node}`;
}
