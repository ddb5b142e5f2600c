// Everything that CI runs. The last line of its output is always `N passed, N failed`.
//   node scripts/verify.mjs [--only <step,…>] [--skip <step,…>] [--list]
import { parseArgs } from 'node:util';
import { verify } from './verify/verify.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    skip: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
  },
});
const names = (lists) => lists.flatMap((list) => list.split(',')).filter(Boolean);

process.exitCode = await verify({ only: names(values.only), skip: names(values.skip), list: values.list });
// A step that leaves something open must not keep the command from ending.
process.exit();
