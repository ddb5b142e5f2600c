// Runs the smoke program in Node, Deno or Bun. The place of the runtime comes as arguments, the results go out as JSON.
import * as sdk from '@runctl/sdk';
import { smoke } from './smoke.mjs';

const given = globalThis.Deno ? globalThis.Deno.args : globalThis.process.argv.slice(2);
const [baseUrl, apiKey] = given;
console.log(`results:${JSON.stringify(await smoke(sdk, { baseUrl, apiKey }))}`);
