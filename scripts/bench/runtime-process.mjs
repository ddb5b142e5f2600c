// A runtime in a process of its own, on the embedded store.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { round } from './measure.mjs';
import { cpuMicroseconds, residentMegabytes } from './process-figures.mjs';

const metricsToken = 'for-who-reads-the-metrics';
const command = new URL('../../packages/runtime/dist/bin/main.js', import.meta.url).pathname;

/**
 * Starts a runtime; gives its address, a key, and ways to look at it and to end it.
 *
 * @param {{ folder?: string, databaseUrl?: string }} home where its data is; a folder of its own where neither is given
 * @param {{ metrics?: boolean }} options `metrics`: whether it tells of its heap
 */
export async function startRuntimeProcess({ folder, databaseUrl } = {}, { metrics = false } = {}) {
  const own =
    folder === undefined && databaseUrl === undefined ? mkdtempSync(join(tmpdir(), 'runctl-bench-')) : undefined;
  const place =
    databaseUrl === undefined ? ['dev', '--json', '--data', folder ?? own] : ['serve', '--database-url', databaseUrl];
  const child = spawn(process.execPath, [command, ...place, '--host', '127.0.0.1', '--port', '0'], {
    env: { ...process.env, RUNCTL_LOG_LEVEL: 'error', ...(metrics ? { RUNCTL_METRICS_TOKEN: metricsToken } : {}) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  };
  try {
    const { url, apiKey } = await new Promise((resolve, reject) => {
      child.stdout.once('data', (line) => resolve(saidIn(String(line))));
      exited.then((code) => reject(new Error(`The runtime ended with exit code ${code}.`)));
    });
    const { pid } = child;
    return {
      url,
      apiKey,
      residentMegabytes: () => residentMegabytes(pid),
      heapMegabytes: () => heapMegabytes(url),
      cpuMicroseconds: () => cpuMicroseconds(pid),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function heapMegabytes(url) {
  const headers = { authorization: `Bearer ${metricsToken}` };
  const text = await (await fetch(new URL('/metrics', url), { headers })).text();
  return round(Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1]) / 2 ** 20);
}

/** `dev` says where it listens as JSON, `serve` in words. */
function saidIn(line) {
  return line.startsWith('{') ? JSON.parse(line) : { url: /http:\S+?(?=,|\s|$)/.exec(line)?.[0] };
}
