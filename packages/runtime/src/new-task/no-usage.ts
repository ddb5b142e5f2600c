import type { UsageColumns } from '../store/schema.ts';

/** No step, no cost: what every task starts with. */
export const noUsage = {
  steps: 0,
  model_calls: 0,
  tool_calls: 0,
  input_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  cost_microusd: 0,
} satisfies UsageColumns;
