import { ModelFailure, type ModelGateway } from '../models/model.ts';
import { type ToolBox, ToolFailure } from '../tools/tool.ts';
import type { RuntimeMetrics } from './runtime-metrics.ts';

/** A gateway that counts calls, tokens and cost by provider. `providers`: those that may stand in a label. */
export function observedModels(
  gateway: ModelGateway,
  metrics: RuntimeMetrics,
  providers: readonly string[],
): ModelGateway {
  const known = new Set(providers);
  return {
    ...gateway,
    call: async (request, options) => {
      const provider = known.has(request.provider) ? request.provider : 'other';
      const startedAt = performance.now();
      let outcome = 'stopped';
      try {
        const response = await gateway.call(request, options);
        outcome = 'ok';
        const { usage } = response;
        metrics.modelTokens.add(usage.inputTokens, provider, 'input');
        metrics.modelTokens.add(usage.outputTokens, provider, 'output');
        if (usage.cacheReadTokens > 0) metrics.modelTokens.add(usage.cacheReadTokens, provider, 'cache_read');
        if (usage.cacheWriteTokens > 0) metrics.modelTokens.add(usage.cacheWriteTokens, provider, 'cache_write');
        if (usage.costUsd !== null && usage.costUsd > 0) metrics.modelCost.add(usage.costUsd, provider);
        return response;
      } catch (error) {
        // A scripted failure has a code of its author's.
        if (error instanceof ModelFailure) outcome = modelCodes.has(error.code) ? error.code : 'other';
        throw error;
      } finally {
        metrics.modelCalls.add(1, provider, outcome);
        metrics.modelSeconds.observe((performance.now() - startedAt) / 1e3, provider);
      }
    },
  };
}

const modelCodes = new Set(['provider_error', 'provider_not_configured', 'provider_unsupported']);

/** A tool box that counts calls: built-in tools by name, whatever a tenant brought along as `http`. */
export function observedTools(tools: ToolBox, metrics: RuntimeMetrics): ToolBox {
  const builtIn = new Set<string>(tools.describe().map(({ name }) => name));
  return {
    ...tools,
    run: async (call, listed, context) => {
      const tool = builtIn.has(call.name) ? call.name : 'http';
      const startedAt = performance.now();
      let outcome = 'stopped';
      try {
        const result = await tools.run(call, listed, context);
        outcome = 'ok';
        return result;
      } catch (error) {
        if (error instanceof ToolFailure) outcome = error.code;
        throw error;
      } finally {
        metrics.toolCalls.add(1, tool, outcome);
        metrics.toolSeconds.observe((performance.now() - startedAt) / 1e3, tool);
      }
    },
  };
}
