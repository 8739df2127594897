import { type DiagnosisStep, diagnose, failedStep } from "../../auth/diagnosis/diagnose.ts";
import { freshness } from "../../auth/tokens/freshness.ts";
import type { Command } from "../../command-line/command.ts";
import { M2mcpError, withoutUrlSecrets } from "../../failure.ts";
import { fitted } from "../../ui/screen/fitted.ts";
import type { Screen } from "../../ui/screen/screen.ts";
import { joined, marked, type Role, type Shown, shown } from "../../ui/screen/style.ts";
import { cacheNotWell, hostNotWell, notWell, stepFailed } from "../errors.ts";
import { authDeps } from "../target/auth-deps.ts";
import { resolveTarget, type Target } from "../target/target.ts";
import { withTarget } from "../with-client.ts";

/** `m2mcp doctor <target>`: each step, what was seen, what is wrong and what to do. */
export async function run(command: Command): Promise<M2mcpError | undefined> {
  const target = await resolveTarget(command, command.positionals[0] ?? "");
  const steps: DiagnosisStep[] = [];
  const { out } = command.output.screen;
  const show = (seen: DiagnosisStep) => {
    const step = { ...seen, saw: withoutUrlSecrets(seen.saw) };
    steps.push(step);
    command.output.show(fitted(inWords(step, out), out));
  };
  await showHostSide(command, target, show);
  const isHostWell = steps.every((step) => step.ok);
  const isCacheWell = await showCache(command, target, show);
  const ofHost = steps.length;
  const failed = await walk(command, target, show);
  const ok = steps.every((step) => step.ok);
  command.output.data({ server: withoutUrlSecrets(target.server), ok, steps });
  if (!failed && !ok && !isHostWell) return hostNotWell();
  if (!failed && !ok && !isCacheWell && steps.slice(ofHost).every((step) => step.ok)) return cacheNotWell();
  if (!failed) return ok ? undefined : notWell();
  const last = steps.slice(ofHost).findLast((step) => !step.ok);
  return last ? stepFailed(last.name, failed) : failed;
}

/** @returns whether there is nothing wrong with the cache that tokens are shared in */
async function showCache(
  command: Command,
  target: Target,
  show: (step: DiagnosisStep) => void,
): Promise<boolean> {
  if (!target.sharedCache) return true;
  const { cacheStep } = await import("./cache-step.ts");
  const step = await cacheStep(command, target);
  if (step) show(step);
  return step?.ok ?? true;
}

/** What a host would start, and what came of it: a bridge that never runs shows nothing else. */
async function showHostSide(
  command: Command,
  target: Target,
  show: (step: DiagnosisStep) => void,
): Promise<void> {
  const { showHostSteps } = await import("../desktop/host-steps.ts");
  await showHostSteps(command, target, show);
  const { lastBridgeStep } = await import("../activity/last-bridge.ts");
  const last = await lastBridgeStep(command, target);
  if (last) show(last);
  const { servingStep } = await import("../activity/serving.ts");
  const serving = await servingStep(command, target);
  if (serving) show(serving);
}

async function walk(
  command: Command,
  target: Target,
  show: (step: DiagnosisStep) => void,
): Promise<M2mcpError | undefined> {
  const { credentials } = target;
  const server = target.login?.server ?? target.server;
  try {
    const { failed } = await diagnose(await authDeps(command, target), { server, credentials }, show);
    // Without a token there is nothing to learn from a call, unless one is still good.
    if (failed && !(await hasGoodToken(command, target))) return failed;
    await firstCall(command, target, show);
    return undefined;
  } catch (error) {
    if (error instanceof M2mcpError) return error;
    throw error;
  }
}

async function hasGoodToken(command: Command, { cache }: Target): Promise<boolean> {
  const token = (await cache.readAuth())?.token;
  return token !== undefined && freshness(token, command.io.now(), 0) !== "expired";
}

async function firstCall(
  command: Command,
  target: Target,
  show: (step: DiagnosisStep) => void,
): Promise<void> {
  const name = "first call";
  try {
    await withTarget(command, target, async (client) => {
      const { name: called, version, protocolVersion } = await client.serverInfo();
      show({ name, ok: true, saw: `${called} ${version} answered, protocol ${protocolVersion}` });
    });
  } catch (error) {
    if (error instanceof M2mcpError) show(failedStep(name, error));
    throw error;
  }
}

/** One step for people: a mark, what was seen, and under it what to do. */
function inWords({ name, ok, saw, fix }: DiagnosisStep, screen: Screen): Shown {
  const [mark, role]: [string, Role] = ok
    ? fix === undefined
      ? ["ok", "safe"]
      : ["note", "warning"]
    : ["FAIL", "error"];
  const line = joined([
    marked(mark, screen, role),
    shown(`${" ".repeat(6 - mark.length)}${name}: ${saw}`, screen),
  ]);
  return fix === undefined ? line : joined([line, shown(`      → ${fix}`, screen, "hint")], "\n");
}
