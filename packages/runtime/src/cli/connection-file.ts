import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a runtime on a folder listens, and a key of it. */
export interface LocalConnection {
  url: string;
  apiKey: string;
}

const fileName = 'connection.json';

/**
 * Writes into the folder of a runtime how to reach it, so that commands of the same user in the same folder need nothing
 * else. Whoever can read this file can read the store beside it; still it is for its owner alone. Without a new key it
 * keeps the one that is there, and does nothing where there is none.
 */
export function writeConnection(folder: string, { url, apiKey }: { url: string; apiKey: string | undefined }): void {
  const key = apiKey ?? readFile(folder)?.apiKey;
  if (typeof key !== 'string') return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, fileName);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify({ url: reachable(url), apiKey: key })}\n`, { mode: 0o600 });
  chmodSync(draft, 0o600);
  renameSync(draft, file);
}

/**
 * How to reach the runtime of a folder, if one has run there. An address that is not on this machine is ignored: a folder
 * that came with somebody else's files must not lead anybody's work elsewhere.
 */
export function readConnection(folder: string): LocalConnection | undefined {
  const { url, apiKey } = readFile(folder) ?? {};
  if (typeof url !== 'string' || typeof apiKey !== 'string' || !isThisMachine(url)) return undefined;
  return { url, apiKey };
}

function readFile(folder: string): { url?: unknown; apiKey?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, fileName), 'utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** One listens on all addresses, and speaks to one. */
function reachable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

/** Whether an address leads to this machine and no other. */
export function isThisMachine(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
