// Graphile Worker with jobs that do nothing: as a module it writes them, as a process it runs them.
// Usage: node graphile-worker.mjs <database> <jobs at once>; prints the milliseconds that each timed job waited, a line each.
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';

const logger = new Logger(() => () => undefined);

/** Opens the queue of a database, whose schema it makes. */
export async function openQueue(connectionString) {
  const utils = await makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  const left = () =>
    utils.withPgClient(async (client) => {
      const { rows } = await client.query('SELECT count(*)::int AS left FROM graphile_worker._private_jobs');
      return rows[0].left;
    });
  return {
    add: (count, isTimed) =>
      utils.addJobs(
        Array.from({ length: count }, () => ({ identifier: 'echo', payload: { isTimed, at: Date.now() } })),
      ),
    left,
    close: () => utils.release(),
  };
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const [, , connectionString, concurrency] = argv;
  const echo = async ({ isTimed, at }) => {
    if (isTimed) process.stdout.write(`${Date.now() - at}\n`);
  };
  // Its queue in the process, which takes many jobs by one statement, and its notices of ends, which it collects.
  const worker = {
    connectionString,
    concurrentJobs: Number(concurrency),
    maxPoolSize: 10,
    localQueue: { size: 2 * Number(concurrency) },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    logger,
  };
  const runner = await run({ preset: { worker }, taskList: { echo } });
  await runner.promise;
}
