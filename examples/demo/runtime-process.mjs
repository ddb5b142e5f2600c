import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The command `runctl`, as npx would start it. */
const manifest = new URL(import.meta.resolve('@runctl/runtime/package.json'));
const command = fileURLToPath(new URL(JSON.parse(readFileSync(manifest, 'utf8')).bin.runctl, manifest));

/**
 * Starts `runctl dev` on a free port in a folder of its own, and waits until it says that it is ready.
 *
 * @returns {Promise<{ baseUrl: string, apiKey: string, startedInMs: number, stop: () => Promise<void> }>}
 */
export async function startRuntime() {
  const folder = mkdtempSync(join(tmpdir(), 'runctl-demo-'));
  const startedAt = performance.now();
  const child = spawn(process.execPath, [command, 'dev', '--port', '0', '--data', folder, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  // Whatever ends the demo ends the runtime with it.
  const killChild = () => child.kill('SIGKILL');
  process.once('exit', killChild);
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    process.off('exit', killChild);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { url, apiKey } = await firstLine(child, exited);
    return { baseUrl: url, apiKey, startedInMs: performance.now() - startedAt, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** `runctl dev --json` says in its first line where it listens and, the first time, its key. */
function firstLine(child, exited) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(JSON.parse(text.slice(0, end)));
    });
    exited.then((code) => reject(new Error(`The runtime ended with exit code ${code} before it was ready.`)));
  });
}
