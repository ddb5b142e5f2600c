// One resource of the SDK at the edge: only what is imported is in the bundle.
import { agents } from '@runctl/agents';
import { createClient } from '@runctl/core';

interface Env {
  RUNCTL_API_KEY: string;
  RUNCTL_BASE_URL: string;
}

export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const client = createClient({ apiKey: env.RUNCTL_API_KEY, baseUrl: env.RUNCTL_BASE_URL, resources: { agents } });
    const { data } = await client.agents.list({ limit: 100 });
    return Response.json(data.map(({ name, status }) => ({ name, status })));
  },
};
