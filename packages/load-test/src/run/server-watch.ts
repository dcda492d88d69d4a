import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;
const SAMPLE_MS = 500;

/** What the server's process used while it was watched. */
export interface ServerUse {
  /** Share of a core, on the average. */
  readonly cpu: number;
  readonly residentBytes: number;
}

/** Watches a process of this machine; null where there is none, or the system does not tell. */
export function watchServer(pid: number | null): { stop(): ServerUse | null } {
  const read = () => (pid === null ? null : readUse(pid));
  const first = read();
  const startedAt = performance.now();
  let last = first;
  const timer = setInterval(() => {
    last = read() ?? last;
  }, SAMPLE_MS);
  return {
    stop: () => {
      clearInterval(timer);
      last = read() ?? last;
      if (first === null || last === null) return null;
      const cpu = (last.cpuSeconds - first.cpuSeconds) / ((performance.now() - startedAt) / 1_000);
      return { cpu, residentBytes: last.residentBytes };
    },
  };
}

function readUse(pid: number): { cpuSeconds: number; residentBytes: number } | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return { cpuSeconds, residentBytes: Number(fields[21]) * PAGE_BYTES };
  } catch {
    return null;
  }
}
