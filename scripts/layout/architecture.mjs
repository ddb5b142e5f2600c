/**
 * Which package may import which, as `at run time` and `by import type`; `parts` are folders of its `src/` that may
 * import more at run time. Tests may import any package.
 *
 * @type {Record<string, { imports: string[], types: string[], nodeFree: boolean, parts?: Record<string, string[]> }>}
 */
const sdk = ['core', 'agents', 'tasks', 'workflows', 'teams', 'tenants', 'sdk'];
const resource = { imports: ['core'], types: ['core'], nodeFree: true };

export const packageTable = {
  core: { imports: [], types: [], nodeFree: true },
  agents: resource,
  tasks: resource,
  workflows: resource,
  teams: resource,
  tenants: resource,
  sdk: { imports: sdk, types: sdk, nodeFree: true },
  // Where `runctl` speaks the API as anybody's program does.
  runtime: { imports: [], types: sdk, nodeFree: false, parts: { 'cli/people': ['sdk'] } },
  dashboard: { imports: ['sdk', 'core'], types: sdk, nodeFree: false },
  testkit: { imports: [...sdk, 'runtime'], types: [...sdk, 'runtime'], nodeFree: false },
};

/**
 * Inside the runtime: what a folder of `src/` must not import: `never`, or not at run time (`typesOnly`). A folder that
 * is not named may import all and be imported by all; so may the files that lie in `src/` itself.
 *
 *     cli -> http -> services -> engine, store, models, tools -> egress
 */
export const runtimeFolders = {
  http: { never: ['store', 'models', 'tools', 'egress', 'loops', 'cli'], typesOnly: ['engine'] },
  services: { never: ['http', 'cli'], typesOnly: [] },
  engine: { never: ['http', 'services', 'cli'], typesOnly: ['store'] },
  loops: { never: ['http', 'services', 'store', 'cli'], typesOnly: ['engine'] },
  store: { never: ['http', 'services', 'models', 'tools', 'egress', 'loops', 'cli'], typesOnly: ['engine'] },
  models: { never: ['http', 'services', 'engine', 'store', 'loops', 'cli'], typesOnly: ['tools'] },
  tools: { never: ['http', 'services', 'engine', 'store', 'loops', 'cli'], typesOnly: ['models'] },
  egress: { never: ['http', 'services', 'engine', 'store', 'models', 'tools', 'loops', 'cli'], typesOnly: [] },
  mail: { never: ['http', 'services', 'engine', 'store', 'models', 'tools', 'loops', 'cli'], typesOnly: [] },
  delivery: { never: ['http', 'services', 'engine', 'store', 'models', 'tools', 'loops', 'cli'], typesOnly: [] },
};

/** What only one folder of the runtime may know: the package it wraps, and where. */
export const runtimeOwners = {
  hono: ['http'],
  '@hono/node-server': ['http', 'cli'],
  kysely: ['store', 'services'],
  libsql: ['store'],
  pg: ['store'],
  'node:sqlite': ['store'],
  commander: ['cli'],
  nodemailer: ['mail'],
  '@ai-sdk/provider': ['models'],
  '@ai-sdk/anthropic': ['models'],
  '@ai-sdk/google': ['models'],
  '@ai-sdk/openai-compatible': ['models'],
};

/** Names that say nothing about what is inside. */
export const emptyNames = /^(utils?|helpers?|types|common|misc|shared|lib|constants)$/;

/** Lines; aims are for the reader of the table, limits are held. */
export const limits = { fileLines: 400, functionLines: 80 };
export const aims = { fileLines: 90, functionLines: 12 };
