/** A time as people read it, with how far away it is: `2026-11-24 15:00:00Z (in 59 min)`. */
export function moment(atMs: number, nowMs: number): string {
  const stamp = `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")}Z`;
  return atMs <= nowMs ? `${stamp} (past)` : `${stamp} (in ${span(atMs - nowMs)})`;
}

/** A span of ms in its largest fitting unit, rounded down: `59 min`. */
export function span(lengthMs: number): string {
  const seconds = Math.floor(lengthMs / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
