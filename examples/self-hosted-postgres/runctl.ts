import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The command `runctl`, as npx would start it. */
const manifest = new URL(import.meta.resolve('@runctl/runtime/package.json'));
const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { runctl: string } };
const command = fileURLToPath(new URL(bin.runctl, manifest));

/** Starts `runctl` with arguments, and waits for the line that says that it is ready. */
export async function startRunctl(...args: string[]) {
  // Its log is for operators; here it would stand among what this program says.
  const env = { RUNCTL_LOG_LEVEL: 'error', ...process.env };
  const child = spawn(process.execPath, [command, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  // Whatever ends this program ends what it started.
  process.once('exit', () => child.kill('SIGKILL'));
  const said = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
      if (/Runctl (serves|works)/.test(output)) resolve(output);
    });
    ended.then((code) => reject(new Error(`runctl ${args[0]} ended with exit code ${code}.`)));
  });
  return { said, pid: child.pid, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}
