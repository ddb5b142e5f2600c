// Bundles worker.ts as the tools of the edge do, runs it in workerd, the engine of Cloudflare's Workers, and asks it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { agents } from '@runctl/agents';
import { createClient, optionsFromEnvironment } from '@runctl/core';
import { build } from 'esbuild';
import { startWorkerd, WorkerdMissing } from './workerd.ts';

const client = createClient({ ...optionsFromEnvironment(), resources: { agents } }); // RUNCTL_API_KEY, RUNCTL_BASE_URL
const agent = await client.agents.create({
  name: 'Seen from the edge',
  type: 'reactive',
  modelProvider: 'simulated', // 'openai', with OPENAI_API_KEY set where the runtime runs
  model: 'auto', // 'gpt-4o-mini'
  systemPrompt: 'You answer.',
});

await build({
  entryPoints: ['worker.ts'],
  outfile: 'dist/worker.js',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['workerd', 'worker'],
});
const size = gzipSync(readFileSync('dist/worker.js')).length;
console.log(`The bundle: ${(size / 1000).toFixed(1)} kB gzipped, with one resource and all of core in it`);

try {
  const workerd = await startWorkerd();
  const response = await fetch(workerd.url);
  const seen = await response.text();
  console.log(`The worker answers ${response.status}: ${seen}`);

  assert.equal(response.status, 200);
  assert(seen.includes(agent.name));
  workerd.stop();
} catch (error) {
  if (!(error instanceof WorkerdMissing)) throw error;
  console.log(`skipped: npx brought no workerd (${error.message}). The bundle was made, but not run.`);
}
