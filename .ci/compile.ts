// Makes the executable of one platform, with exactly its own keyring add-on in it.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { addonFile, embeddedFiles, embedding } from "./embedded.ts";
import { signMachO } from "./mach-o.ts";
import { ORDERS } from "./orders.ts";
import { withoutOwnPaths } from "./own-paths.ts";
import { packedLibraries } from "./packed-libraries.ts";
import { compileTarget, type Target } from "./targets.ts";

/** What cannot be built: what is wrong, and what to do. */
export class BuildError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

export interface Compilation {
  /** Folder with `cli.ts`, `lib`, `package.json` and the target's packages in `node_modules`. */
  root: string;
  target: Target;
  /** Whether the target is not this machine. */
  crossed: boolean;
  /** Its last part is within the image: the same name gives the same bytes. */
  outfile: string;
  /** The commit that it is made of, told by `m2mcp --version --json`. */
  commit: string;
}

/**
 * @returns the size of the executable in bytes
 * @throws BuildError when the target's add-on is missing, or another one got in
 */
export async function compile({ root, target, crossed, outfile, commit }: Compilation): Promise<number> {
  const { addon } = target;
  // Without the add-on the keyring would silently be absent.
  if (!existsSync(addonFile(root, target)))
    throw new BuildError(
      `the keyring add-on of ${addon} is not embedded, for it is not installed: nothing was built`,
      `bun install ${crossed ? "--os '*' --cpu '*' --libc '*' " : ""}brings @napi-rs/keyring-${addon}`,
    );
  mkdirSync(dirname(outfile), { recursive: true });
  await Bun.build({
    // The keyring's thread is found beside the program.
    entrypoints: [join(root, "cli.ts"), join(root, "lib", "platform", "keyring", "worker.ts")],
    naming: { entry: "[name].[ext]" },
    compile: {
      outfile,
      // A stranger's folder must not bring code or settings in.
      autoloadDotenv: false,
      autoloadBunfig: false,
      // What a start runs lies together, and is interpreted for longer: `bun run order`, `lib/platform/runtime/jit-policy.ts`.
      bytecodeOrder: Object.values(ORDERS),
      jitPolicy: 10,
      ...(crossed ? { target: compileTarget(target) } : {}),
    },
    define: { BUILD_COMMIT: JSON.stringify(commit), BUILD_TARGET: JSON.stringify(target.name) },
    format: "esm",
    minify: true,
    bytecode: true,
    // Without it the built-in modules of every verb are loaded at each start: twice the time of a bare start.
    splitting: true,
    minChunkSize: 4096,
    plugins: [embedding(embeddedFiles(root, target)), await packedLibraries(root), withoutOwnPaths],
    loader: { ".zst": "file" },
  });
  const bytes = readFileSync(outfile);
  // An embedded file is named by its place in the executable.
  const embedded = new Set(bytes.toString("latin1").match(/root\/keyring\.[a-z0-9-]+\.(?:node|zst)/g));
  if (embedded.size !== 1 || ![...embedded][0]?.startsWith(`root/keyring.${addon}-`)) {
    rmSync(outfile, { force: true });
    throw new BuildError(
      `${[...embedded].join(", ") || "no add-on"} is embedded in place of that of ${addon}, so nothing was built`,
    );
  }
  if (target.os === "darwin") writeFileSync(outfile, signMachO(bytes));
  return bytes.length;
}
