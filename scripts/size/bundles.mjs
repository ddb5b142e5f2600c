/**
 * Each bundle that has a price: what a user writes, the budget in bytes (minified and gzipped, the transport included),
 * and which workspace packages may be inside. Where a budget is not met yet, `held` is what the bundle may weigh
 * meanwhile: it is only ever lowered, and the miss is printed at each run (docs/decisions/0001 says what holds the bytes).
 *
 * @type {{ name: string, code: string, budget: number, held?: number, packages: string[] }[]}
 */
export const bundles = [
  {
    name: 'core alone',
    code: `import { createClient } from '@runctl/core';
      export default createClient({ apiKey: 'key', resources: {} });`,
    budget: 9_500,
    packages: ['core'],
  },
  {
    name: 'core + agents',
    code: `import { createClient } from '@runctl/core';
      import { agents } from '@runctl/agents';
      export default createClient({ apiKey: 'key', resources: { agents } });`,
    budget: 10_000,
    held: 11_685,
    packages: ['core', 'agents'],
  },
  {
    name: 'core + tasks',
    code: `import { createClient } from '@runctl/core';
      import { tasks } from '@runctl/tasks';
      export default createClient({ apiKey: 'key', resources: { tasks } });`,
    budget: 12_000,
    held: 12_600,
    packages: ['core', 'tasks'],
  },
  {
    name: 'umbrella',
    code: `import { Runctl } from '@runctl/sdk';
      export default new Runctl({ apiKey: 'key' });`,
    budget: 18_000,
    packages: ['core', 'agents', 'tasks', 'workflows', 'teams', 'tenants', 'sdk'],
  },
  {
    name: 'webhooks alone',
    code: `export * from '@runctl/core/webhooks';`,
    budget: 1_500,
    packages: ['core'],
  },
  {
    name: 'isRetryableError alone',
    code: `export { isRetryableError } from '@runctl/core';`,
    budget: 500,
    packages: ['core'],
  },
];
