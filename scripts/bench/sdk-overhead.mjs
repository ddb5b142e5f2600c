import { compareClients } from './compare-clients.mjs';
import { hundredths, round } from './measure.mjs';

/** What a request costs the client's process, against bare `fetch`: GET of 1 kB and POST of 10 kB, one and 50 at once. */
export async function benchSdkOverhead({ peers = false, rounds = 9 } = {}) {
  const results = await compareClients(
    {
      'GET 1 kB': { work: 'get', times: 500, concurrency: 1 },
      'GET 1 kB, 50 at once': { work: 'get', times: 1_000, concurrency: 50 },
      'POST 10 kB': { work: 'post', times: 500, concurrency: 1 },
      'POST 10 kB, 50 at once': { work: 'post', times: 1_000, concurrency: 50 },
    },
    { peers, rounds },
  );
  return Object.fromEntries(
    results.map(({ workload, client, ratio, cpuMs, count }) => [
      `${workload}: ${client} (${round((1_000 * cpuMs) / count)} µs of CPU a request)`,
      hundredths(ratio),
    ]),
  );
}
