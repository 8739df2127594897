import { unpacked } from "./unpacked.ts";

/**
 * Runs a library that lies compressed within the executable, as a CommonJS module that needs the runtime's own modules
 * alone; the build puts calls of this in the place of the library (`.ci/packed-libraries.ts`).
 *
 * @returns what it exports
 */
export function evaluated(path: string): unknown {
  const module = { exports: {} };
  const text = new TextDecoder().decode(unpacked(path));
  const run = new Function("module", "exports", "require", text);
  run(module, module.exports, process.getBuiltinModule);
  return module.exports;
}
