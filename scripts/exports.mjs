// The public surface of each package against its snapshot; needs a build.
//   node scripts/exports.mjs [--accept]    accept writes the snapshots anew
import { parseArgs } from 'node:util';
import { acceptExports, checkExports } from './exports/check-exports.mjs';
import { root } from './workspace/root.mjs';

const { values } = parseArgs({ options: { accept: { type: 'boolean', default: false } } });
const { names, problems } = values.accept ? await acceptExports(root) : await checkExports(root);
for (const problem of problems) console.error(problem);
console.log(`${names} exports, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
