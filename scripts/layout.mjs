// The architecture table as a check: `node scripts/layout.mjs [folder]`. Prints figures, then what does not hold.
import { checkLayout } from './layout/check-layout.mjs';
import { printFigures } from './layout/figures.mjs';
import { root } from './workspace/root.mjs';

const { figures, problems } = checkLayout(process.argv[2] ?? root);
printFigures(figures);
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\n${problems.length} ${problems.length === 1 ? 'place does' : 'places do'} not fit the layout.`);
  process.exitCode = 1;
}
