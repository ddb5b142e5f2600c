import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { backupFailed } from './backup.ts';

/** A program of Postgres that runs. */
interface StartedProgram {
  child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves once it has ended well. @throws {StoreError} `store.backup_failed` */
  ended: Promise<void>;
}

/**
 * Runs a program of Postgres on a database, or on none, for what it prints.
 *
 * @throws {StoreError} `store.backup_failed` - it is not on the PATH: the message has the command; or it failed
 */
export async function runProgram(program: string, options: readonly string[], url?: string): Promise<string> {
  const { child, ended } = startProgram(program, options, url);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    output += String(chunk);
  });
  await ended;
  return output;
}

/** The same, line by line while it runs; it is ended where nobody reads on. @throws {StoreError} as {@link runProgram} */
export async function* linesOfProgram(program: string, options: readonly string[]): AsyncIterable<string> {
  const { child, ended } = startProgram(program, options);
  ended.catch(() => undefined);
  try {
    // Not by node:readline, to which U+2028 in somebody's text is the end of a line.
    let begun = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      const lines = `${begun}${chunk}`.split('\n');
      begun = lines.pop() ?? '';
      yield* lines;
    }
    if (begun !== '') yield begun;
    await ended;
  } finally {
    child.kill();
  }
}

/** The password goes by the environment: others can read a command line. */
function startProgram(program: string, options: readonly string[], url?: string): StartedProgram {
  const { password, address } = url === undefined ? {} : withoutPassword(url);
  const args = [...options, ...(address === undefined ? [] : [`--dbname=${address}`])];
  const env = password === undefined ? process.env : { ...process.env, PGPASSWORD: password };
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += String(chunk);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(backupFailed(`${program} ended with exit code ${code}: ${errors.trim()}`));
    });
    child.once('error', (cause) => {
      const shown = [password === undefined ? [] : ['PGPASSWORD=...'], program, ...args.map(quotedForShell)].flat();
      reject(
        backupFailed(
          `${program} cannot be run (${cause.message}). It comes with Postgres; where it is installed, run\n  ${shown.join(' ')}`,
          cause,
        ),
      );
    });
  });
  return { child, ended };
}

function withoutPassword(url: string): { address: string; password: string | undefined } {
  const parsed = new URL(url);
  const password = parsed.password === '' ? undefined : decodeURIComponent(parsed.password);
  parsed.password = '';
  return { address: parsed.href, password };
}

function quotedForShell(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
