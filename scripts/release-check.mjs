// What a release would do wrong, found before it is made: `node scripts/release-check.mjs`.

import { readReleasePlan } from './release/read-release-plan.mjs';
import { releaseProblems } from './release/release-problems.mjs';

const { changesets, packages } = readReleasePlan();
const problems = releaseProblems(changesets, packages);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${changesets.length} ${changesets.length === 1 ? 'changeset' : 'changesets'}`);
