// What a bundle of each part of the SDK weighs, against its budget: `node scripts/size.mjs`. Needs a build.
import { measureBundles } from './size/measure-bundles.mjs';
import { printSizes } from './size/print-sizes.mjs';

const measured = await measureBundles();
printSizes(measured);
const problems = measured.flatMap((bundle) => bundle.problems);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
