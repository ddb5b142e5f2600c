import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readContract } from './read-contract.mjs';

/** Where the runtime keeps what its description of the API says of answers. */
const path = 'packages/runtime/src/http/openapi/contract-schemas.ts';

/** @param {string} root @returns {boolean} whether the file says what the types say */
export function isContractFileTrue(root) {
  return readFileSync(join(root, path), 'utf8') === contractFile(root);
}

/** @param {string} root @returns {string} the path that was written */
export function writeContractFile(root) {
  writeFileSync(join(root, path), contractFile(root));
  return path;
}

function contractFile(root) {
  const { routes, schemas } = readContract(root);
  return `// Written by \`pnpm openapi\` from the types of the contract; a test fails where they differ.

/** Each type of the contract that has a name: a line of \`[name, JSON Schema]\` each. */
export const contractSchemas = \`
${lines(schemas)}
\`;

/** What each route takes and gives: a line of \`[route, { summary, result, body?, query? }]\` each, in JSON Schemas. */
export const contractRoutes = \`
${lines(routes)}
\`;
`;
}

/** As the inside of a template string. */
function lines(record) {
  return Object.entries(record)
    .map((entry) => JSON.stringify(entry).replace(/[\\`]|\$(?=\{)/g, '\\$&'))
    .join('\n');
}
