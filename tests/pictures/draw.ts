// Draws docs/overview.svg anew: bun tests/pictures/draw.ts
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/home.ts";
import { overviewSvg } from "./overview.ts";

writeFileSync(join(ROOT, "docs", "overview.svg"), overviewSvg());
