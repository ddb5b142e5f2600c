// Runs the smoke program inside workerd, asked by a request whose query says where the runtime is.
import * as sdk from '@runctl/sdk';
import { smoke } from './smoke.mjs';

export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const place = { baseUrl: searchParams.get('baseUrl'), apiKey: searchParams.get('apiKey') };
    return Response.json(await smoke(sdk, place));
  },
};
