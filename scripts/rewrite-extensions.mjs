// Sources import `./x.ts`; what is built has `./x.js`. Both endings have one length, so the source maps stay true.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `from './x.ts'`, `import './x.ts'`, `import('./x.ts')`. */
const relativeImport = /((?:\bfrom\s*|\bimport\s*\(?\s*)['"]\.{1,2}\/[^'"]*)\.ts(['"])/g;

const folder = process.argv[2] ?? 'dist';
for (const name of readdirSync(folder, { recursive: true })) {
  if (!/\.(js|d\.ts)$/.test(name)) continue;
  const file = join(folder, name);
  const text = readFileSync(file, 'utf8');
  const rewritten = text.replace(relativeImport, '$1.js$2');
  if (rewritten !== text) writeFileSync(file, rewritten);
}
