// Prints the figures that the product is measured by. Nothing here fails: a benchmark informs, a test decides.
// Usage: npm run bench [-- <name> ...]
import os from 'node:os';
import { benchRuntimeTasks } from './bench/runtime-tasks.mjs';

const benches = {
  'runtime-tasks': { title: 'Runtime, embedded store, tasks of one simulated step', run: () => benchRuntimeTasks() },
};

const wanted = process.argv.slice(2).filter((name) => name !== '--');
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
console.log(
  `Node ${process.versions.node}, ${os.availableParallelism()} cores, ${os.cpus()[0]?.model ?? 'unknown processor'}`,
);
for (const name of wanted.length > 0 ? wanted : Object.keys(benches)) {
  const { title, run } = benches[name];
  console.log(`\n${title}`);
  for (const [label, value] of Object.entries(await run())) console.log(`  ${String(value).padStart(10)}  ${label}`);
}
