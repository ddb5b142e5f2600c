import { compareClients } from './compare-clients.mjs';
import { hundredths } from './measure.mjs';

/** Events that a second of CPU time delivers, against a parser by hand over bare `fetch`: 100,000 events of 179 bytes. */
export function benchSdkStream({ peers = false, rounds = 9 } = {}) {
  return benchRate({ work: 'stream', times: 1, concurrency: 1 }, 'events', { peers, rounds });
}

/** Items that a second of CPU time delivers, against a loop by hand over bare `fetch`: 100,000 items, 100 a page. */
export function benchSdkIter({ peers = false, rounds = 9 } = {}) {
  return benchRate({ work: 'pages', times: 1, concurrency: 1 }, 'items', { peers, rounds });
}

async function benchRate(workload, what, options) {
  const results = await compareClients({ [what]: workload }, options);
  return Object.fromEntries(
    results.map(({ client, ratio, cpuMs, count }) => [
      `${client} (${Math.round((1_000 * count) / cpuMs).toLocaleString('en')} ${what} a second of CPU)`,
      hundredths(1 / ratio),
    ]),
  );
}
