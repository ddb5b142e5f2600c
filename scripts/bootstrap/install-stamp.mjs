import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../workspace/root.mjs';

const stampFile = join(root, 'node_modules/.runctl-install.json');

/** @returns {{ key: string, pnpmFolder?: string } | undefined} what the last install left, if anything */
export function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @param {string | undefined} pnpmFolder where pnpm was found, for the next time */
export function writeStamp(pnpmFolder) {
  writeFileSync(stampFile, `${JSON.stringify({ key: installKey(), pnpmFolder })}\n`);
}

/** @returns {boolean} whether node_modules holds what the lockfile says, for this machine */
export function isInstallCurrent() {
  return existsSync(join(root, 'node_modules/.modules.yaml')) && readStamp()?.key === installKey();
}

function installKey() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) {
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
