import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manifestIn, type Package, packagesOf } from "../packages.ts";
import type { Built, Release } from "./release.ts";

/** One part, in the words of CycloneDX. */
interface Component {
  type: "library" | "platform";
  "bom-ref": string;
  name: string;
  version?: string;
  purl?: string;
  licenses: [{ license: { id: string } | { name: string } } | { expression: string }];
}

/**
 * Writes `m2mcp-VERSION.cdx.json`: every package in the executables, the keyring's add-ons, the runtime and what is
 * linked into it (CycloneDX 1.6). Serial number and time come of version and commit: the same in, the same out.
 *
 * @returns the file's name
 */
export function billOfMaterials(release: Release, built: readonly Built[]): string {
  const { root, version, commit, timeS } = release;
  const packages = new Map<string, Package>();
  for (const { stage, target } of built) {
    const names = [...Object.keys(manifestIn(stage).dependencies ?? {}), `@napi-rs/keyring-${target.addon}`];
    for (const one of packagesOf(stage, names)) packages.set(one.name, one);
  }
  const sorted = [...packages.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = `pkg:npm/m2mcp@${version}`;
  const runtime = runtimeOf(root);
  const linked = partsOfRuntime(root);
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(`${version} ${commit} ${built.map(({ target }) => target.name)}`)}`,
    version: 1,
    metadata: {
      timestamp: new Date(timeS * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": own,
        name: "m2mcp",
        version,
        purl: own,
        licenses: licensed("MIT"),
      },
      properties: [{ name: "commit", value: commit }],
    },
    components: [...sorted.map(componentOf), runtime, ...linked],
    dependencies: [
      {
        ref: own,
        dependsOn: [
          ...Object.keys(manifestIn(root).dependencies ?? {}).flatMap(refIn(packages)),
          runtime["bom-ref"],
        ],
      },
      ...sorted.map((one) => ({
        ref: refOf(one),
        dependsOn: Object.keys(one.dependencies ?? {}).flatMap(refIn(packages)),
      })),
      { ref: runtime["bom-ref"], dependsOn: linked.map((part) => part["bom-ref"]) },
    ],
  };
  const file = `m2mcp-${version}.cdx.json`;
  writeFileSync(join(release.out, file), `${JSON.stringify(bom, null, 2)}\n`);
  return file;
}

const refOf = ({ name, version }: Package) => `pkg:npm/${name.replace("@", "%40")}@${version}`;

const refIn = (packages: ReadonlyMap<string, Package>) => (name: string) => {
  const found = packages.get(name);
  return found ? [refOf(found)] : [];
};

const componentOf = (one: Package): Component => ({
  type: "library",
  "bom-ref": refOf(one),
  name: one.name,
  version: one.version,
  purl: refOf(one),
  licenses: licensed(one.license ?? "see its LICENSE"),
});

function runtimeOf(root: string): Component {
  const version = manifestIn(root).devDependencies?.bun ?? "";
  const purl = `pkg:npm/bun@${version}`;
  return { type: "platform", "bom-ref": purl, name: "bun", version, purl, licenses: licensed("MIT") };
}

/** The rows of the table in the runtime's notice, and the two libraries of its list. */
function partsOfRuntime(root: string): Component[] {
  const text = readFileSync(join(root, ".ci", "notices", "bun.md"), "utf8");
  const rows = [...text.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)].slice(1);
  const listed = [...text.matchAll(/^- (.+?)(?:, parts of WebKit)? \(http[^)]*\):\s+(LGPL [\d.]+)/gm)];
  return [...listed, ...rows]
    .filter(([, names = ""]) => !/^-+$/.test(names))
    .map(([, names = "", license = ""]) => ({
      type: "library",
      "bom-ref": `bun/${names}`,
      name: names,
      licenses: [{ license: { name: license } }],
    }));
}

const licensed = (license: string): Component["licenses"] =>
  / (OR|AND|WITH) /.test(license)
    ? [{ expression: license }]
    : [{ license: /^[\w.+-]+$/.test(license) ? { id: license } : { name: license } }];

/** A UUID of the eighth version (RFC 9562 §5.8), of a hash. */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
