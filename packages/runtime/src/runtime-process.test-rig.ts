import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packageFolder = dirname(dirname(fileURLToPath(import.meta.url)));
/** Where {@link buildCommand} puts it. */
export const program = join(packageFolder, '.test-build', 'main.js');

let built: Promise<unknown> | undefined;

/** The command as one file, from the sources; packages stay outside. */
export function buildCommand(): Promise<unknown> {
  mkdirSync(dirname(program), { recursive: true });
  built ??= build({
    entryPoints: {
      main: join(packageFolder, 'src/cli/main.ts'),
      'code-thread-entry': join(packageFolder, 'src/tools/code/code-thread-entry.ts'),
    },
    outdir: dirname(program),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return built;
}

/** `runctl dev` in a process of its own, as a user runs it. */
export interface RuntimeProcess {
  url: string;
  /** Only at the first start on a folder. */
  apiKey: string | undefined;
  /** SIGKILL, at once. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  terminate(): Promise<number | null>;
}

/** Starts `runctl dev` on a folder and waits until it listens. */
export async function startRuntimeProcess(folder: string, port = 0): Promise<RuntimeProcess> {
  await buildCommand();
  const child = spawn(process.execPath, [program, 'dev', '--port', String(port), '--data', folder, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const { url, apiKey } = await firstLine(child);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return { url, apiKey, kill: () => end('SIGKILL').then(() => undefined), terminate: () => end('SIGTERM') };
}

function firstLine(child: ChildProcess): Promise<{ url: string; apiKey: string | undefined }> {
  return new Promise((resolve, reject) => {
    let output = '';
    let errors = '';
    child.stdout?.on('data', (chunk) => {
      output += String(chunk);
      const end = output.indexOf('\n');
      if (end >= 0) resolve(JSON.parse(output.slice(0, end)));
    });
    child.stderr?.on('data', (chunk) => {
      errors += String(chunk);
    });
    child.once('exit', (code) => reject(new RangeError(`runctl ended with exit code ${code}: ${errors}`)));
  });
}

/** A process that `runctl` was started in, and what it said first. */
export interface CommandProcess {
  firstLine: string;
  kill(): Promise<void>;
  /** Stops it without its knowing, as a stall would; `resume` lets it go on. */
  freeze(): void;
  resume(): void;
}

/** Starts `runctl` with arguments and waits for its first line. */
export async function startCommand(...args: string[]): Promise<CommandProcess> {
  await buildCommand();
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const firstLine = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += String(chunk);
      if (output.endsWith('\n')) resolve(output);
    });
    child.once('exit', (code) => reject(new RangeError(`runctl ended with exit code ${code}`)));
  });
  return {
    firstLine,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    freeze: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
  };
}

/** Runs `runctl` with arguments to its end. */
export async function runCommand(...args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  await buildCommand();
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, output, errors };
}
