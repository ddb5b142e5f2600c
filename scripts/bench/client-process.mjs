// One client, in a process of its own: opens it, then does what its parent says and answers with what that cost.
import { atOnce } from './measure.mjs';

const [file, url] = process.argv.slice(2);
const client = await (await import(file)).open(url);

process.on('message', async ({ work, times, concurrency }) => {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const counts = await atOnce(times, concurrency, () => client[work]());
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  const count = counts.reduce((sum, each) => sum + (typeof each === 'number' ? each : 1), 0);
  process.send({ count, cpuMs: (user + system) / 1_000, ms });
});
process.once('disconnect', () => process.exit());
process.send({ can: Object.keys(client) });
