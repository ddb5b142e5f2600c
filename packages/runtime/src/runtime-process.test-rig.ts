import { type ChildProcess, spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { buildCommand, commitFault, openStore, program } from './built-command.test-rig.ts';

/** `runctl dev` in a process of its own, as a user runs it. */
export interface RuntimeProcess {
  url: string;
  /** Only at the first start on a folder. */
  apiKey: string | undefined;
  /** SIGKILL, at once. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  terminate(): Promise<number | null>;
  /** Resolves with the exit code once it has ended, whatever ended it; null where a signal did. */
  readonly exited: Promise<number | null>;
  readonly pid: number;
}

/** What goes wrong in a process at a commit to its SQLite database, of those that change something; from 1 on. */
export interface CommitFault {
  commit: number;
  /** `kill -9` before the commit or right behind it; or the disk says that it could not sync. */
  fault: 'die-before' | 'die-after' | 'failed-sync';
}

/** How a process is started beside what a user would do. */
export interface ProcessOptions {
  port?: number;
  fault?: CommitFault;
  /** A command in front of node, such as one that limits what the process may write. */
  within?: readonly string[];
}

/** Starts `runctl dev` on a folder and waits until it listens. */
export async function startRuntimeProcess(folder: string, options: ProcessOptions = {}): Promise<RuntimeProcess> {
  await buildCommand();
  const { port = 0, fault, within = [] } = options;
  const arguments_ = [program, 'dev', '--port', String(port), '--data', folder, '--json'];
  const [command = process.execPath, ...rest] = [...within, process.execPath, ...nodeArguments(fault), ...arguments_];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...faultEnv(fault) },
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const { url, apiKey } = await firstLine(child);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    url,
    apiKey,
    exited,
    pid: child.pid ?? 0,
    kill: () => end('SIGKILL').then(() => undefined),
    terminate: () => end('SIGTERM'),
  };
}

/** A process that is started again whenever it ends. */
export interface SupervisedRuntime {
  /** The one that runs now, once it listens. */
  current(): Promise<RuntimeProcess>;
  /** How often it has ended by itself. */
  readonly deaths: number;
  /** Kills it for good. */
  end(): Promise<void>;
}

/** Starts `runctl dev` on a folder, with a fault the first time, and again and again without one. */
export function superviseRuntime(folder: string, fault?: CommitFault): SupervisedRuntime {
  let deaths = 0;
  let isOver = false;
  const again = () => {
    deaths += 1;
    current = start();
    return current;
  };
  const start = (first?: CommitFault): Promise<RuntimeProcess> =>
    startRuntimeProcess(folder, first === undefined ? {} : { fault: first }).then((started) => {
      void started.exited.then(() => (isOver ? undefined : again()));
      return started;
    }, again);
  let current = start(fault);
  return {
    current: () => current,
    get deaths() {
      return deaths;
    },
    end: async () => {
      isOver = true;
      await (await current).kill();
    },
  };
}

/** Opens the store of a folder in a process of its own, which ends then. @returns how it ended: null where it was killed */
export async function openStoreInProcess(folder: string, fault: CommitFault): Promise<number | null> {
  await buildCommand();
  const child = spawn(process.execPath, [...nodeArguments(fault), openStore, folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...faultEnv(fault) },
  });
  return new Promise((resolve) => child.once('exit', resolve));
}

function nodeArguments(fault: CommitFault | undefined): string[] {
  return fault === undefined ? [] : ['--import', pathToFileURL(commitFault).href];
}

function faultEnv(fault: CommitFault | undefined): Record<string, string> {
  return fault === undefined ? {} : { RUNCTL_TEST_COMMIT_FAULT: `${fault.fault} ${fault.commit}` };
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
  // Not at its exit: what it has said last may still be on its way.
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output, errors };
}
