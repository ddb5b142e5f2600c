// Processes that work beside the one that measures.
import { spawn } from 'node:child_process';
import { cpuMicroseconds } from './process-figures.mjs';

/**
 * Starts a script of Node in a process of its own.
 *
 * @param {string[]} args the script and its arguments
 */
export function startWorkerProcess(args) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, RUNCTL_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  return {
    /** What it has written so far, line by line. */
    lines: () => said.split('\n').filter((line) => line !== ''),
    cpuMicroseconds: () => cpuMicroseconds(child.pid),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** CPU time of some processes and of a Postgres between two moments, microseconds. */
export function cpuMeter(workers, cpuOfPostgres) {
  const sum = () => workers.reduce((total, worker) => total + worker.cpuMicroseconds(), 0);
  const before = { workers: sum(), postgres: cpuOfPostgres(), own: process.cpuUsage() };
  return () => {
    const { user, system } = process.cpuUsage(before.own);
    return { workers: sum() - before.workers, postgres: cpuOfPostgres() - before.postgres, own: user + system };
  };
}
