import { readFileSync } from 'node:fs';
import { round } from './measure.mjs';

/** Resident memory of a process on Linux; null elsewhere. */
export function residentMegabytes(pid) {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : round(Number(kilobytes) / 1_024);
  } catch {
    return null;
  }
}

/** User and system time of a process on Linux, where a tick is a hundredth of a second; NaN elsewhere. */
export function cpuMicroseconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}
