import { ApiClient, ConnectionConfig } from 'e2b';
import { longText } from '../workloads.mjs';

export async function open(url) {
  const { api } = new ApiClient(new ConnectionConfig({ apiKey: `e2b_${'0'.repeat(40)}`, apiUrl: url }));
  const body = { templateID: 'base', metadata: { systemPrompt: longText } };
  return {
    get: () => api.GET('/sandboxes/{sandboxID}', { params: { path: { sandboxID: 'agt_1' } } }),
    post: () => api.POST('/sandboxes', { body }),
  };
}
