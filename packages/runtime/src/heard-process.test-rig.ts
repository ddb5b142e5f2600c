import { spawn } from 'node:child_process';
import { buildCommand, program } from './built-command.test-rig.ts';

/** `runctl` in a process of its own, and all that it says. */
export interface HeardProcess {
  /** What it has written to standard output, and to standard error; but not how long it had to wait for the machine. */
  readonly output: string;
  readonly errors: string;
  /** Resolves with the match once one of both says so; rejects where the process ends without it. */
  says(pattern: RegExp): Promise<RegExpMatchArray>;
  signal(name: NodeJS.Signals): void;
  /** Closes both ends that are read, as a log reader that dies does. */
  stopReading(): void;
  /** The exit code; null where a signal ended it. */
  readonly exited: Promise<number | null>;
}

/** Told of a process that a busy machine kept waiting: not the program's to say. */
const stall = /^.*the event loop was blocked.*\n/gm;

/** Starts `runctl` with arguments. `within`: arguments of node. Of the environment it gets what is named here alone. */
export async function hearCommand(
  args: readonly string[],
  { env = {}, within = [] }: { env?: Record<string, string>; within?: readonly string[] } = {},
): Promise<HeardProcess> {
  await buildCommand();
  const child = spawn(process.execPath, [...within, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...env },
  });
  const heard = { output: '', errors: '' };
  child.stdout.on('data', (chunk) => {
    heard.output += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    heard.errors += String(chunk);
  });
  let hasEnded = false;
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve)).finally(() => {
    hasEnded = true;
  });
  return {
    get output() {
      return heard.output;
    },
    get errors() {
      return heard.errors.replaceAll(stall, '');
    },
    exited,
    signal: (name) => void child.kill(name),
    stopReading: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    says: async (pattern) => {
      for (;;) {
        const isLast = hasEnded;
        const match = heard.output.match(pattern) ?? heard.errors.match(pattern);
        if (match !== null) return match;
        if (isLast) throw new RangeError(`runctl ended and never said ${pattern}:\n${heard.output}\n${heard.errors}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}
