import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildCommand, program } from '../../built-command.test-rig.ts';

/** How a command ended, and what it said. */
export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder where somebody works, with `runctl dev` running in it as its user started it. */
export interface Home {
  folder: string;
  readonly url: string;
  apiKey: string;
  /** Runs `runctl` with arguments there, to its end. No variable of this process reaches it but what `env` says. */
  runctl(args: readonly string[], options?: { input?: string; env?: Record<string, string> }): Promise<Ran>;
  /** Starts `runctl` with arguments there. */
  start(args: readonly string[], env?: Record<string, string>): ChildProcessWithoutNullStreams;
  /** Ends the runtime. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the runtime, if it runs, and starts it again, on another port. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

/** Starts a runtime in an empty folder. */
export async function startHome(): Promise<Home> {
  await buildCommand();
  const folder = mkdtempSync(join(tmpdir(), 'runctl-people-'));
  const start: Home['start'] = (args, env = {}) =>
    spawn(process.execPath, [program, ...args], { cwd: folder, env: { PATH: process.env.PATH, ...env } });
  const run = async () => {
    const process = start(['dev', '--port', '0', '--json']);
    const exited = new Promise<void>((resolve) => process.once('exit', () => resolve()));
    const said = JSON.parse(await firstOutput(process)) as { url: string; apiKey: string };
    const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
      process.kill(signal);
      return exited;
    };
    return { ...said, stop };
  };
  let runtime = await run();
  const { apiKey } = runtime;
  return {
    folder,
    get url() {
      return runtime.url;
    },
    apiKey,
    start,
    stop: (signal) => runtime.stop(signal),
    runctl: async (args, { input = '', env = {} } = {}) => {
      const child = start(args, env);
      child.stdin.end(input);
      return ended(child);
    },
    restart: async () => {
      await runtime.stop();
      runtime = await run();
    },
    end: async () => {
      await runtime.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Waits for a command's end. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ran> {
  const ran: Ran = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    ran.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    ran.stderr += String(chunk);
  });
  ran.code = await new Promise((resolve) => child.once('close', resolve));
  return ran;
}

function firstOutput(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.once('data', (chunk) => resolve(String(chunk)));
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    child.once('exit', (code) => reject(new RangeError(`runctl dev ended with ${code}: ${said}`)));
  });
}
