// Prints the figures that the product is measured by. Nothing here fails: a benchmark informs, a test decides.
// Usage: npm run bench [-- <name> ... [--peers]]; `--peers` installs what others have made and measures it beside ours.
//   npm run bench -- --list
import os from 'node:os';
import { parseArgs } from 'node:util';
import { benchColdStart } from './bench/cold-start.mjs';
import { benchEngine } from './bench/engine.mjs';
import { benchEventStreams } from './bench/event-streams.mjs';
import { benchFairness } from './bench/fairness.mjs';
import { benchPostgres } from './bench/postgres.mjs';
import { benchReads } from './bench/reads.mjs';
import { benchRuntimeTasks } from './bench/runtime-tasks.mjs';
import { benchSdkImport } from './bench/sdk-import.mjs';
import { benchSdkOverhead } from './bench/sdk-overhead.mjs';
import { benchSdkIter, benchSdkStream } from './bench/sdk-rates.mjs';
import { benchWorkflows } from './bench/workflows.mjs';

const benches = {
  'runtime-tasks': { title: 'Runtime, embedded store, tasks of one simulated step', run: () => benchRuntimeTasks() },
  'cold-start': { title: 'Runtime, from nothing to the first finished task, and idle', run: () => benchColdStart() },
  engine: { title: 'Engine alone, embedded store, tasks of one simulated step', run: () => benchEngine() },
  postgres: { title: 'Engine alone, Postgres and two workers, tasks of one simulated step', run: benchPostgres },
  fairness: { title: 'Engine, one tenant beside another that floods it, and 200 at once', run: () => benchFairness() },
  reads: { title: 'Runtime, looks at 100,000 finished tasks', run: () => benchReads() },
  'event-streams': { title: 'Runtime, 500 readers of one task', run: () => benchEventStreams() },
  workflows: { title: 'Runtime, embedded store, workflows of simulated steps', run: () => benchWorkflows() },
  'sdk-overhead': { title: 'CPU of the client a request (bare fetch = 1, less is better)', run: benchSdkOverhead },
  'sdk-stream': { title: 'Events of a stream (a parser by hand = 1, more is better)', run: benchSdkStream },
  'sdk-iter': { title: 'Items of a list (a loop by hand = 1, more is better)', run: benchSdkIter },
  'sdk-import': { title: 'Import, over an empty process', run: benchSdkImport },
};

const { values, positionals } = parseArgs({
  options: { peers: { type: 'boolean' }, list: { type: 'boolean' } },
  allowPositionals: true,
});
if (values.list) {
  for (const [name, { title }] of Object.entries(benches)) console.log(`${name.padEnd(14)} ${title}`);
  process.exit();
}
const wanted = positionals.filter((name) => name !== '--');
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
  for (const [label, value] of Object.entries(await run(values))) {
    console.log(`  ${String(value).padStart(10)}  ${label}`);
  }
  console.log(`  ${os.loadavg()[0].toFixed(1).padStart(10)}  load average of the last minute, this bench included`);
}
