import { type DiagnosisStep, diagnose } from "../../auth/diagnosis/diagnose.ts";
import { freshness } from "../../auth/tokens/freshness.ts";
import type { Call } from "../../command-line/command.ts";
import { CLIENT_INFO } from "../../command-line/version.ts";
import { M2mcpError, withoutUrlSecrets } from "../../failure.ts";
import { openClient } from "../../hosts/one-off.ts";
import { harmless } from "../../ui/table.ts";
import { notWell, stepFailed } from "../errors.ts";
import { authDeps, findTarget, ONE_OFF, openEndpoint, type Target } from "../target/target.ts";

/** `m2mcp doctor <target>`: each step, what was seen, what is wrong and what to do. */
export async function run(call: Call): Promise<M2mcpError | undefined> {
  const found = await findTarget(call, call.positionals[0] ?? "");
  const steps: DiagnosisStep[] = [];
  const show = (seen: DiagnosisStep) => {
    const step = { ...seen, saw: withoutUrlSecrets(seen.saw) };
    steps.push(step);
    call.output.print(harmless(inWords(step)));
  };
  const failed = await walk(call, found, show);
  const ok = steps.every((step) => step.ok);
  call.output.data({ server: withoutUrlSecrets(found.server), ok, steps });
  if (!failed) return ok ? undefined : notWell();
  return stepFailed(steps.findLast((step) => !step.ok)?.name ?? "it", failed);
}

async function walk(
  call: Call,
  found: Target,
  show: (step: DiagnosisStep) => void,
): Promise<M2mcpError | undefined> {
  const { credentials } = found;
  const server = found.login?.server ?? found.server;
  try {
    const { failed } = await diagnose(await authDeps(call, found), { server, credentials }, show);
    // Without a token there is nothing to learn from a call, unless one is still good.
    if (failed && !(await hasGoodToken(call, found))) return failed;
    await firstCall(call, found, show);
    return undefined;
  } catch (error) {
    if (error instanceof M2mcpError) return error;
    throw error;
  }
}

async function hasGoodToken(call: Call, { cache }: Target): Promise<boolean> {
  const token = (await cache.readAuth())?.token;
  return token !== undefined && freshness(token, call.around.now(), 0) !== "expired";
}

async function firstCall(call: Call, found: Target, show: (step: DiagnosisStep) => void): Promise<void> {
  const name = "first call";
  const endpoint = await openEndpoint(call, found, ONE_OFF);
  const client = openClient(endpoint, CLIENT_INFO);
  try {
    const { name: called, version, protocolVersion } = await client.serverInfo();
    show({ name, ok: true, saw: `${called} ${version} answered, protocol ${protocolVersion}` });
  } catch (error) {
    if (error instanceof M2mcpError)
      show({ name, ok: false, saw: error.message, ...(error.hint === undefined ? {} : { fix: error.hint }) });
    throw error;
  } finally {
    await client.close();
    await endpoint.end();
  }
}

/** One step for people: a mark, what was seen, and under it what to do. */
function inWords({ name, ok, saw, fix }: DiagnosisStep): string {
  const line = `${ok ? (fix === undefined ? "ok   " : "note ") : "FAIL "} ${name}: ${saw}`;
  return fix === undefined ? line : `${line}\n      → ${fix}`;
}
