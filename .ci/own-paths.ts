import { readFileSync } from "node:fs";
import type { BunPlugin } from "bun";

/**
 * Packages that name the folder that they lie in do so for stack traces and for files of their own diagnosis, which
 * nothing here asks for; the bundler would write the folder of the machine that builds in its place.
 */
export const withoutOwnPaths: BunPlugin = {
  name: "without own paths",
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.c?js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      return /\b__dirname\b/.test(text)
        ? { loader: "js", contents: text.replace(/\b__dirname\b/g, '"."') }
        : undefined;
    });
  },
};
