// The platforms that an executable is made for. Everything that a platform decides is read from its row.

/** One platform: what it is to the runtime, to package managers and to the build. */
export interface Target {
  /** As in the names of files: `linux-x64-musl`. */
  name: string;
  os: "linux" | "darwin" | "win32";
  cpu: "x64" | "arm64";
  libc?: "glibc" | "musl";
  /** What the keyring's package calls it: `@napi-rs/keyring-<addon>`. */
  addon: string;
}

export const TARGETS: readonly Target[] = [
  { name: "linux-x64", os: "linux", cpu: "x64", libc: "glibc", addon: "linux-x64-gnu" },
  { name: "linux-arm64", os: "linux", cpu: "arm64", libc: "glibc", addon: "linux-arm64-gnu" },
  { name: "linux-x64-musl", os: "linux", cpu: "x64", libc: "musl", addon: "linux-x64-musl" },
  { name: "linux-arm64-musl", os: "linux", cpu: "arm64", libc: "musl", addon: "linux-arm64-musl" },
  { name: "darwin-x64", os: "darwin", cpu: "x64", addon: "darwin-x64" },
  { name: "darwin-arm64", os: "darwin", cpu: "arm64", addon: "darwin-arm64" },
  { name: "windows-x64", os: "win32", cpu: "x64", addon: "win32-x64-msvc" },
  { name: "windows-arm64", os: "win32", cpu: "arm64", addon: "win32-arm64-msvc" },
];

/** What the executable is called there. */
export const executableName = ({ os }: Target) => (os === "win32" ? "m2mcp.exe" : "m2mcp");

/** The name that `bun build` knows it by. */
export const compileTarget = ({ name }: Target) => `bun-${name}` as Bun.Build.CompileTarget;

/** @returns the target of that name, with or without `bun-` before it */
export const targetNamed = (name: string) =>
  TARGETS.find((target) => target.name === name.replace(/^bun-/, ""));

/** @returns the target that this machine is */
export function ownTarget(): Target | undefined {
  const { platform, arch } = process;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const libc = report.header?.glibcVersionRuntime ? "glibc" : "musl";
  return TARGETS.find(
    (target) => target.os === platform && target.cpu === arch && (target.libc ?? libc) === libc,
  );
}
