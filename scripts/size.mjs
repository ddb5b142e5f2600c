// What a bundle of each part of the SDK weighs, against its budget: `node scripts/size.mjs`. Needs a build.
// `node scripts/size.mjs --why "core + agents"` says which files it is made of, from the sources.
import { parseArgs } from 'node:util';
import { measureBundles } from './size/measure-bundles.mjs';
import { printContents, printSizes } from './size/print-sizes.mjs';
import { weighContents } from './size/weigh-contents.mjs';

const { values } = parseArgs({ options: { why: { type: 'string' } } });

if (values.why === undefined) {
  const measured = await measureBundles();
  printSizes(measured);
  const problems = measured.flatMap((bundle) => bundle.problems);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
} else {
  printContents(await weighContents(values.why));
}
