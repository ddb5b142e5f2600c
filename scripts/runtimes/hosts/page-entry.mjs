// Runs the smoke program in a page. The page's own origin hands the requests on to the runtime.
import * as sdk from '@runctl/sdk';
import { smoke } from './smoke.mjs';

const apiKey = new URL(location.href).searchParams.get('apiKey');
const results = await smoke(sdk, { baseUrl: location.origin, apiKey });
await fetch('/results', { method: 'POST', body: JSON.stringify(results) });
