import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a runtime on a folder listens, and a key of it. */
export interface LocalConnection {
  url: string;
  apiKey: string;
}

/** As it is kept; without `url` and `pid` while no runtime runs. */
interface StoredConnection {
  url?: unknown;
  /** The process that listens there. */
  pid?: unknown;
  apiKey?: unknown;
}

const fileName = 'connection.json';

/** Where a folder keeps it. */
export function connectionFile(folder: string): string {
  return join(folder, fileName);
}

/**
 * Writes into the folder of this process's runtime how to reach it, so that commands of the same user in the same folder
 * need nothing else. Whoever can read this file can read the store beside it; still it is for its owner alone.
 */
export function writeConnection(folder: string, { url, apiKey }: LocalConnection): void {
  writeFile(folder, { url: reachable(url), pid: process.pid, apiKey });
}

/** The key that the runtime of a folder was reached with, whether it runs or not. */
export function keptKey(folder: string): string | undefined {
  const { apiKey } = readFile(folder) ?? {};
  return typeof apiKey === 'string' ? apiKey : undefined;
}

/** The runtime ends: what listens there next may be anybody's, so its address goes. Its key stays for the next start. */
export function forgetAddress(folder: string): void {
  const apiKey = keptKey(folder);
  if (apiKey !== undefined) writeFile(folder, { apiKey });
}

/** The key is of no use any more. */
export function forgetConnection(folder: string): void {
  rmSync(connectionFile(folder), { force: true });
}

/**
 * How to reach the runtime of a folder; `stopped` where one has run there and does not now: its key is sent nowhere then,
 * since its port may be another program's. An address that is not on this machine is ignored: a folder that came with
 * somebody else's files must not lead anybody's work elsewhere.
 */
export function readConnection(folder: string): LocalConnection | 'stopped' | undefined {
  const { url, pid, apiKey } = readFile(folder) ?? {};
  if (typeof apiKey !== 'string') return undefined;
  if (url === undefined) return 'stopped';
  if (typeof url !== 'string' || !isThisMachine(url)) return undefined;
  return isRunning(pid) ? { url, apiKey } : 'stopped';
}

/** A process of this user; one of somebody else has taken the number of one that was killed. */
function isRunning(pid: unknown): boolean {
  if (typeof pid !== 'number') return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function readFile(folder: string): StoredConnection | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(connectionFile(folder), 'utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function writeFile(folder: string, connection: StoredConnection): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = connectionFile(folder);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(connection)}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

/** One listens on all addresses, and speaks to one. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/** Whether an address leads to this machine and no other. */
export function isThisMachine(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
