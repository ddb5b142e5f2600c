import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { installInto } from './verify/steps/install-tarballs.mjs';
import { packPackages } from './verify/steps/pack.mjs';

// node scripts/bootstrap.mjs image <folder>: what runs in production, installed as npm installs it for anybody.

const [target] = process.argv.slice(2);
if (target === undefined) {
  console.error('image: name the folder to install into.');
  process.exit(2);
}
const work = mkdtempSync(join(tmpdir(), 'runctl-image-'));
try {
  const packed = await packPackages(join(work, 'tarballs'));
  const project = join(work, 'project');
  await installInto(project, packed);
  cpSync(join(project, 'node_modules'), join(resolve(target), 'node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  console.log(`image: ${packed.length} packages are installed in ${resolve(target)}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
