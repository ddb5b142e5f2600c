import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { percentile } from './measure.mjs';
import { clientPeers, installPeers } from './peers.mjs';

const here = new URL('.', import.meta.url).pathname;

/**
 * @typedef {object} Workload
 * @property {string} work the function of a client
 * @property {number} times how often it is called in one round
 * @property {number} concurrency
 */

/**
 * Sets clients to the same work, in turn and for several rounds, and compares what each one costs with what it costs by
 * hand over the platform's `fetch` in the same round. Costs are CPU time of the client's process, which is what a request
 * costs its user; the clock would show what else the machine is doing.
 *
 * @param {Record<string, Workload>} workloads by their names
 * @param {{ peers: boolean, rounds: number }} options
 * @returns {Promise<{ workload: string, client: string, ratio: number, cpuMs: number, count: number }[]>} medians; `ratio`
 *   is the cost against bare fetch, `cpuMs` and `count` are of one round
 */
export async function compareClients(workloads, { peers, rounds }) {
  const server = fork(join(here, 'answer-server.mjs'));
  const [port] = await once(server, 'message');
  const clients = await Promise.all(
    (await clientFiles(peers)).map((file) => startClient(file, `http://127.0.0.1:${port}`)),
  );
  try {
    const able = Object.entries(workloads).map(([name, workload]) => ({
      name,
      workload,
      clients: clients.filter((client) => client.can.includes(workload.work)),
    }));
    // The first round warms up, and is not counted.
    const measured = [];
    for (let round = 0; round <= rounds; round += 1) {
      for (const { name, workload, clients } of able) {
        const costs = await inTurn(clients, round, (client) => client.run(workload));
        if (round > 0) measured.push({ name, costs });
      }
    }
    return able.flatMap(({ name, clients }) => clients.map((client) => medians(name, client.name, measured)));
  } finally {
    for (const child of [server, ...clients.map((client) => client.child)]) child.kill();
  }
}

async function clientFiles(peers) {
  const folders = [join(here, 'clients'), ...(peers ? [join(await installPeers(clientPeers, 'peers'), 'peers')] : [])];
  return folders.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));
}

async function startClient(file, url) {
  const child = fork(join(here, 'client-process.mjs'), [file, url]);
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${file} ended before its work was done.`);
  });
  ended.catch(() => undefined);
  const answer = async () => (await Promise.race([once(child, 'message'), ended]))[0];
  const { can } = await answer();
  const run = (workload) => {
    child.send(workload);
    return answer();
  };
  return { name: file.replace(/^.*\//, '').replace('.mjs', ''), child, can, run };
}

/** Beginning with another one each round, so that none always runs behind the same neighbour. */
async function inTurn(clients, round, run) {
  const costs = {};
  for (const [index] of clients.entries()) {
    const client = clients[(index + round) % clients.length];
    costs[client.name] = await run(client);
  }
  return costs;
}

function medians(workload, client, measured) {
  const rounds = measured.filter(({ name }) => name === workload).map(({ costs }) => costs);
  const cost = (costs, name) => costs[name].cpuMs / costs[name].count;
  return {
    workload,
    client,
    ratio: percentile(
      rounds.map((costs) => cost(costs, client) / cost(costs, 'bare-fetch')),
      50,
    ),
    cpuMs: percentile(
      rounds.map((costs) => costs[client].cpuMs),
      50,
    ),
    count: rounds[0][client].count,
  };
}
