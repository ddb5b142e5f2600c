import { Octokit } from '@octokit/core';
import { longText } from '../workloads.mjs';

export async function open(url) {
  const client = new Octokit({ auth: 'key', baseUrl: url });
  return {
    get: () => client.request('GET /v1/agents/{id}', { id: 'agt_1' }),
    post: () => client.request('POST /v1/agents', { name: 'a', systemPrompt: longText }),
  };
}
