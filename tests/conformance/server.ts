// The suite's server scenarios turned round: a conformance server reached only through the bridge, or `m2mcp serve`, must give
// the same results as reached directly, check by check; and a server of the other era the same, but for what is named here.

import { type Front, startLegacyFront, startModernFront, startServeFront } from "./front.ts";
import { startLegacyConformanceServer, startSseConformanceServer } from "./servers/legacy.ts";
import { type ConformanceServer, startModernConformanceServer } from "./servers/modern.ts";
import { type Check, inParallel, requirements, runSuite } from "./suite.ts";

const LIMIT_MS = 90_000;
/** The suite waits for streams for half a second; on a busy machine that may be too short once. */
const TRIES = 3;

type Reasons = Record<string, Record<string, string>>;

const SESSION = "session ids are the front's: stdio has none";
const STREAM = "how the front's own stream begins and ends; the bridge resumed the server's, see the answer";
const HEADERS = "headers end at the front: the bridge's own are seen by the client scenarios http-*-headers";
const PARAMETERS = "headers end at the front, which knows no tool's parameters; the bridge adds its own";

/** Checks of the HTTP layer itself, which the front answers and no bridge sees; by scenario and check. */
const FRONT: Reasons = {
  "dns-rebinding-protection": { "localhost-host-rebinding-rejected": "the front is who listens" },
  "server-session-lifecycle": {
    "server-session-initialized-accepted": SESSION,
    "server-session-delete-accepted": SESSION,
    "server-session-terminated-returns-404": SESSION,
  },
  "server-sse-polling": {
    "server-sse-priming-event": STREAM,
    "server-sse-retry-field": STREAM,
    "server-sse-disconnect-resume": STREAM,
  },
  "server-stateless": { "sep-2575-http-server-header-mismatch-400": HEADERS },
  "http-header-validation": {
    "sep-2243-server-reject-invalid-headers": HEADERS,
    "sep-2243-server-reject-error-code": HEADERS,
  },
  "http-custom-header-server-validation": {
    "sep-2243-server-reject-invalid-param-chars": PARAMETERS,
    "sep-2243-server-reject-param-mismatch": PARAMETERS,
    "sep-2243-server-validate-param-match": PARAMETERS,
  },
};

const UNNAMED = "a legacy server's question has a number, no name: the bridge uses that as its key";
const NO_CAPABILITY = "a legacy server has no error for a capability that the client lacks";
const NO_MIRROR = "a legacy server has no parameters that are mirrored into headers";

/** Where a legacy server cannot look like a modern one, with the bridge's best. */
const MODERN_TO_LEGACY: Reasons = {
  "server-stateless": {
    "sep-2575-server-rejects-undeclared-capability": NO_CAPABILITY,
    "sep-2575-missing-capability-http-400": NO_CAPABILITY,
  },
  "input-required-result-basic-elicitation": {
    "sep-2322-elicitation-incomplete": UNNAMED,
    "sep-2322-elicitation-complete": UNNAMED,
  },
  "input-required-result-ignore-extra-params": {
    "sep-2322-ignore-unexpected-params":
      "answers without a question before them belong to no call of a legacy server",
  },
  "http-custom-header-server-validation": {
    "sep-2243-server-no-xmcp-tool": NO_MIRROR,
    "sep-2243-server-decode-base64": NO_MIRROR,
  },
};

const PLAIN = "serve answers with JSON where nothing comes before the answer";
const RESUMED = "serve resumes the server's stream by itself, and its client's goes on";
const NO_STREAMS: Reasons = {
  "server-sse-multiple-streams": { "server-sse-streams-functional": PLAIN },
  "server-sse-polling": {
    "server-sse-priming-event": PLAIN,
    "server-sse-retry-field": PLAIN,
    "server-sse-disconnect-resume": PLAIN,
  },
};
const NO_MIRRORS: Reasons = {
  "http-custom-header-server-validation": {
    "sep-2243-server-reject-invalid-param-chars": NO_MIRROR,
    "sep-2243-server-reject-param-mismatch": NO_MIRROR,
    "sep-2243-server-validate-param-match": NO_MIRROR,
  },
};
/** What serve answers by itself, in words of its own, or as JSON: the verdict must be the same, not all that was seen. */
const OWN_WORDS = new RegExp(
  [
    "^localhost-host-",
    "^server-accepts-multiple-post-streams$",
    "^server-sse-priming-event$",
    "^sep-2243-server-(reject|validate)-",
    "^sep-2575-(http-server-)?(request-)?meta-invalid-",
    "^sep-2575-(http-)?server-unsupported-version-",
    "^sep-2575-http-server-header-mismatch-400$",
  ].join("|"),
);

interface Pair {
  title: string;
  /** What the server is reached through. */
  through: "bridge" | "serve";
  revision: string;
  /** The server that the scenarios are made for, reached directly. */
  direct: () => Promise<ConformanceServer>;
  /** The server behind the bridge. */
  behind: () => Promise<ConformanceServer>;
  front: (serverUrl: string) => Promise<Front>;
  /** What may differ, and must, beside what is the front's. */
  differs: Reasons;
  /** The same through serve, besides. */
  served: Reasons;
  /** Whether the same server is behind the bridge, so that all that a check saw must be the same too. */
  exact: boolean;
}

const BRIDGED: Omit<Pair, "through">[] = [
  {
    title: "2025-11-25, server of 2025-11-25",
    revision: "2025-11-25",
    direct: startLegacyConformanceServer,
    behind: startLegacyConformanceServer,
    front: startLegacyFront,
    differs: {},
    served: { "server-sse-polling": { "server-sse-disconnect-resume": RESUMED } },
    exact: true,
  },
  {
    title: "2026-07-28, server of 2026-07-28",
    revision: "2026-07-28",
    direct: startModernConformanceServer,
    behind: startModernConformanceServer,
    front: startModernFront,
    differs: {},
    served: {},
    exact: true,
  },
  {
    title: "2025-11-25, server of 2026-07-28 only",
    revision: "2025-11-25",
    direct: startLegacyConformanceServer,
    behind: startModernConformanceServer,
    front: startLegacyFront,
    differs: {},
    served: NO_STREAMS,
    exact: false,
  },
  {
    title: "2026-07-28, server of 2025-11-25",
    revision: "2026-07-28",
    direct: startModernConformanceServer,
    behind: startLegacyConformanceServer,
    front: startModernFront,
    differs: MODERN_TO_LEGACY,
    served: NO_MIRRORS,
    exact: false,
  },
  {
    title: "2025-11-25, server of 2024-11-05 over HTTP+SSE",
    revision: "2025-11-25",
    direct: startLegacyConformanceServer,
    behind: startSseConformanceServer,
    front: startLegacyFront,
    differs: {},
    served: NO_STREAMS,
    exact: true,
  },
  {
    title: "2026-07-28, server of 2024-11-05 over HTTP+SSE",
    revision: "2026-07-28",
    direct: startModernConformanceServer,
    behind: startSseConformanceServer,
    front: startModernFront,
    differs: MODERN_TO_LEGACY,
    served: NO_MIRRORS,
    exact: false,
  },
];

const merged = (one: Reasons, other: Reasons): Reasons =>
  Object.fromEntries(
    [...Object.keys(one), ...Object.keys(other)].map((name) => [name, { ...one[name], ...other[name] }]),
  );

const PAIRS: Pair[] = BRIDGED.flatMap((pair) => [
  { ...pair, through: "bridge" as const },
  {
    ...pair,
    through: "serve" as const,
    front: startServeFront,
    differs: merged(pair.differs, pair.served),
  },
]);

type Results = Map<string, Check[]>;

/** The checks of each scenario; what only informs is no result. */
async function runAgainst(url: string, selection: string[]): Promise<Results> {
  const { scenarios, told } = await runSuite(["server", "--url", url, ...selection], LIMIT_MS);
  if (scenarios.length === 0) throw new Error(`the suite ran nothing:\n${told}`);
  return new Map(
    scenarios.map(({ folder, checks }) => [
      /^server-(.+)-\d{4}-\d\d-\d\dT/.exec(folder)?.[1] ?? folder,
      checks,
    ]),
  );
}

/** Each check's id with the statuses of all its occurrences, in order. */
function statuses(checks: Check[]): Map<string, string> {
  const byId = new Map<string, string>();
  for (const { id, status } of checks)
    if (status !== "INFO") byId.set(id, byId.has(id) ? `${byId.get(id)} ${status}` : status);
  return byId;
}

/** What is another one in each run: names of places and sessions, sealed states, the first event of a stream. */
const VOLATILE = /^(requestState|.*subscriptionId|serverUrl|hostHeader|originHeader|sessionId.*|results)$/;

/** All that a check saw, in an order of its own. */
function seen(checks: Check[], id: string): string {
  const ordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(ordered);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([key]) => !VOLATILE.test(key));
    return Object.fromEntries(
      entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, part]) => [key, ordered(part)]),
    );
  };
  return JSON.stringify(checks.filter((check) => check.id === id).map(({ details }) => ordered(details)));
}

interface Comparison {
  scenario: string;
  same: number;
  passed: number;
  /** Checks that differ though nothing says that they may. */
  wrong: string[];
  apart: string[];
  /** Reasons that were not needed. */
  stale: string[];
}

function compare(
  scenario: string,
  direct: Check[],
  through: Check[],
  { differs, exact, through: by }: Pair,
): Comparison {
  const [one, other] = [statuses(direct), statuses(through)];
  const front = (by === "bridge" && FRONT[scenario]) || {};
  const named = differs[scenario] ?? {};
  const result: Comparison = { scenario, same: 0, passed: 0, wrong: [], apart: [], stale: [] };
  for (const id of new Set([...one.keys(), ...other.keys()])) {
    const [was, is] = [one.get(id) ?? "absent", other.get(id) ?? "absent"];
    if (id in front) result.apart.push(`${id}: the front's (${front[id]})`);
    else if (
      was === is &&
      exact &&
      !(by === "serve" && OWN_WORDS.test(id)) &&
      seen(direct, id) !== seen(through, id)
    )
      result.wrong.push(`${id} saw ${seen(direct, id)} directly, ${seen(through, id)} through ${by}`);
    else if (was === is) {
      result.same++;
      if (/^(SUCCESS ?)+$/.test(is)) result.passed++;
      if (id in named) result.stale.push(id);
    } else if (id in named) result.apart.push(`${id}: ${was} → ${is} (${named[id]})`);
    else {
      const said = through.find((check) => check.id === id)?.errorMessage ?? "";
      result.wrong.push(`${id}: ${was} directly, ${is} through ${by}: ${said}`);
    }
  }
  for (const id of Object.keys({ ...front, ...named }))
    if (!one.has(id) && !other.has(id)) result.stale.push(id);
  return result;
}

const differ = ({ wrong }: Comparison) => wrong.length > 0;

async function runPair(pair: Pair, direct: Results): Promise<{ rows: Comparison[]; told: string }> {
  const server = await pair.behind();
  const front = await pair.front(server.url);
  try {
    const through = await runAgainst(front.url, ["--requirements", pair.revision]);
    const one = (scenario: string) =>
      compare(scenario, direct.get(scenario) ?? [], through.get(scenario) ?? [], pair);
    let rows = [...new Set([...direct.keys(), ...through.keys()])].map(one);
    for (let tries = 1; rows.some(differ) && tries < TRIES; tries++) {
      for (const { scenario } of rows.filter(differ)) {
        console.log(`once more: ${pair.title}: ${scenario}`);
        const again = ["--scenario", scenario, "--spec-version", pair.revision, "--force"];
        for (const [name, checks] of await runAgainst(front.url, again)) through.set(name, checks);
      }
      rows = rows.map(({ scenario }) => one(scenario));
    }
    if (pair.behind === startLegacyConformanceServer && pair.revision === "2025-11-25")
      rows.push(resumed(through.get("server-sse-polling") ?? []));
    return { rows, told: front.told() };
  } finally {
    await front.stop();
    await server.stop();
  }
}

/** A call whose stream the server closed half-way must still have had its answer. */
function resumed(checks: Check[]): Comparison {
  const answer = checks.find(
    ({ id, details }) =>
      id === "incoming-sse-event" && JSON.stringify(details).includes("answered after a while"),
  );
  const wrong = answer ? [] : ["no answer to the call whose stream the server closed"];
  const good = wrong.length === 0 ? 1 : 0;
  return {
    scenario: "server-sse-polling, the answer",
    same: good,
    passed: good,
    wrong,
    apart: [],
    stale: [],
  };
}

async function runDirect(start: () => Promise<ConformanceServer>, revision: string): Promise<Results> {
  const server = await start();
  try {
    return await runAgainst(server.url, ["--requirements", revision]);
  } finally {
    await server.stop();
  }
}

let passed = 0;
let failed = 0;

const baselines = [
  ["2025-11-25", startLegacyConformanceServer],
  ["2026-07-28", startModernConformanceServer],
] as const;
const direct = new Map<string, Results>(
  await inParallel(
    baselines,
    2,
    async ([revision, start]) => [revision, await runDirect(start, revision)] as const,
  ),
);
// Only a server that is right itself says something of what stands before it.
for (const [revision, results] of direct)
  for (const scenario of requirements(revision, "server").required) {
    const checks = results.get(scenario) ?? [];
    const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
    if (checks.length > 0 && bad.length === 0) continue;
    failed++;
    console.log(
      `FAIL  ${scenario} (${revision}), directly: ${bad.map(({ id }) => id).join(", ") || "no checks"}`,
    );
  }

const outcomes = await inParallel(PAIRS, 2, (pair) => runPair(pair, direct.get(pair.revision) ?? new Map()));
for (const [at, { title, through }] of PAIRS.entries()) {
  const { rows = [], told = "" } = outcomes[at] ?? {};
  console.log(`\nserver scenarios of ${title}, through ${through}`);
  console.log("      scenario                                       same  passing  apart");
  for (const { scenario, same, passed: good, wrong, apart, stale } of rows) {
    const ok = wrong.length === 0 && stale.length === 0;
    if (ok) passed++;
    else failed++;
    const numbers = `${String(same).padStart(4)}  ${String(good).padStart(7)}  ${String(apart.length).padStart(5)}`;
    console.log(`${ok ? "pass" : "FAIL"}  ${scenario.padEnd(46)} ${numbers}`);
    for (const line of wrong) console.log(`        differs: ${line}`);
    for (const id of stale) console.log(`        a reason is given for ${id}, which needs none`);
    for (const line of apart) console.log(`        apart: ${line}`);
  }
  const said = told
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("warning: the store's key is kept"));
  if (said.length > 0) console.log(`the bridges said:\n${said.join("\n")}`);
}
console.log(
  "\nsame: as directly; passing: of these (the SDK's servers lack the tasks extension, so that tasks-* fails either way)",
);
console.log(`server scenarios through bridge and serve: ${passed} scenarios passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
