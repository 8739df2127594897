import { watchIdle } from "./idle-timeout.ts";

/** A limit on some work in all, without the time in which somebody else was waited for. */
export interface Pausable {
  /** From now on time does not count; pauses may overlap. */
  pause(): void;
  /** Time counts again where it was left. */
  resume(): void;
  stop(): void;
}

/** Calls `late` once so many ms have counted. The process stays while it runs. */
export function pausableLimit(limitMs: number, late: () => void): Pausable {
  const watch = watchIdle(limitMs, late);
  let leftMs = limitMs;
  let sinceMs = performance.now();
  let pauses = 0;
  let isStopped = false;
  return {
    pause() {
      if (pauses++ > 0) return;
      leftMs = Math.max(1, leftMs - (performance.now() - sinceMs));
      watch.pause();
    },
    resume() {
      if (--pauses > 0 || isStopped) return;
      sinceMs = performance.now();
      watch.refresh(leftMs);
    },
    stop() {
      isStopped = true;
      watch.stop();
    },
  };
}
