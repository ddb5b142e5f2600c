// Every name that a package exports, and every member of it, has a doc block: `node scripts/documented.mjs [folder]`.
import { checkDocumented } from './documented/check-documented.mjs';
import { root } from './workspace/root.mjs';

const { names, members, problems } = checkDocumented(process.argv[2] ?? root);
for (const problem of problems) console.error(problem);
console.log(`${names} public names, ${members} members of them, ${problems.length} without a doc block`);
if (problems.length > 0) process.exitCode = 1;
