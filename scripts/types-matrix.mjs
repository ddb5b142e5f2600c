// The packed packages' types under every compiler and setting that the SDK promises: `npm run types`.
//   node scripts/types-matrix.mjs [--only 5.0,7.0]
import { parseArgs } from 'node:util';
import { packAndCheck } from './types-matrix/pack-and-check.mjs';

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
process.exitCode = await packAndCheck(values.only.split(',').filter(Boolean));
