import { isObject } from "../../../json.ts";
import { statOf } from "../../../platform/files/stat.ts";

/** What changes with what the files hold that credentials name. */
export const fileStates = (credentials: unknown): Promise<number[][]> =>
  Promise.all(filesIn(credentials).map(stateOf));

/** The files that secrets are read from, wherever credentials name them. */
function filesIn(value: unknown): string[] {
  if (!isObject(value)) return [];
  if (value.from === "file" && typeof value.path === "string") return [value.path];
  return Object.values(value).flatMap(filesIn);
}

const stateOf = (path: string) =>
  statOf(path).then(
    ({ mtimeMs, size, ino }) => [mtimeMs, size, ino],
    () => [],
  );
