// One smoke program from the packed packages on every runtime that the SDK promises: `npm run runtimes`.
//   node scripts/runtimes.mjs [--only node-22,deno,…]
import { parseArgs } from 'node:util';
import { runRuntimes } from './runtimes/run-runtimes.mjs';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
process.exitCode = await runRuntimes(values.only.split(',').filter(Boolean));
