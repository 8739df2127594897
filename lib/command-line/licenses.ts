import { readFile } from "node:fs/promises";
import { EMBEDDED } from "../platform/runtime/embedded.ts";
import { unpacked } from "../platform/runtime/unpacked.ts";

/** Where the build puts them. */
const BUILT = new URL("../../build/THIRD-PARTY.md", import.meta.url);

/** The notices that go with the executable; the build makes them. Rejects where there are none. */
export async function notices(): Promise<string> {
  const bytes = EMBEDDED.notices === undefined ? await readFile(BUILT) : unpacked(EMBEDDED.notices);
  return new TextDecoder().decode(bytes);
}
