// A runtime in a process of its own, on the embedded store.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { round } from './measure.mjs';

const command = new URL('../../packages/runtime/dist/bin/main.js', import.meta.url).pathname;

/** Starts `runctl dev` on a folder of its own; gives its address, a key, and ways to look at it and to end it. */
export async function startRuntimeProcess() {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-bench-'));
  const child = spawn(process.execPath, [command, 'dev', '--port', '0', '--data', folder, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { url, apiKey } = await new Promise((resolve, reject) => {
      child.stdout.once('data', (line) => resolve(JSON.parse(String(line))));
      exited.then((code) => reject(new Error(`The runtime ended with exit code ${code}.`)));
    });
    const { pid } = child;
    return {
      url,
      apiKey,
      residentMegabytes: () => residentMegabytes(pid),
      cpuMicroseconds: () => cpuMicroseconds(pid),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Of a process on Linux; null elsewhere. */
function residentMegabytes(pid) {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : round(Number(kilobytes) / 1_024);
  } catch {
    return null;
  }
}

/** User and system time of a process on Linux, where a tick is a hundredth of a second; NaN elsewhere. */
function cpuMicroseconds(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return Number.NaN;
  }
}
