import { unpacked } from "./unpacked.ts";

const evaluatedOnce = new Map<string, Record<string, unknown>>();

/**
 * Runs libraries that lie compressed within the executable, as a CommonJS module that needs the runtime's own modules
 * alone; the build puts calls of this in the places of the libraries (`.ci/packed-libraries.ts`).
 *
 * @returns what each exports, by its name
 */
export function evaluated(path: string): Record<string, unknown> {
  const known = evaluatedOnce.get(path);
  if (known) return known;
  const module: { exports: Record<string, unknown> } = { exports: {} };
  const text = new TextDecoder().decode(unpacked(path));
  const run = new Function("module", "exports", "require", text);
  run(module, module.exports, process.getBuiltinModule);
  evaluatedOnce.set(path, module.exports);
  return module.exports;
}
