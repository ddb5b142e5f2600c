import type { AgentTool } from '@runctl/agents';
import type { EgressGuard } from '../egress/egress-guard.ts';
import type { ToolCall, ToolDefinition } from '../models/model.ts';
import { findMisfits } from '../schema/json-schema.ts';
import { askHuman } from './built-in/ask-human.ts';
import { calculator } from './built-in/calculator.ts';
import { codeAnalysis } from './built-in/code-analysis.ts';
import { currentTime } from './built-in/current-time.ts';
import { httpGet } from './built-in/http-get.ts';
import { jsonQuery } from './built-in/json-query.ts';
import { memory } from './built-in/memory.ts';
import { securityScan } from './built-in/security-scan.ts';
import { checkTools, invokeUrlProblem } from './check-tools.ts';
import { codeJobRunner, type RunCodeJob } from './code/code-thread.ts';
import { type EndpointLimits, Endpoints } from './endpoints.ts';
import { callHttpTool, type HttpTool } from './http-tool.ts';
import { type BuiltIn, type ToolBox, ToolFailure, type ToolSettings } from './tool.ts';

/** What a tool box is made of. */
export interface ToolBoxOptions {
  egress: EgressGuard;
  /** Default: the system's clock. */
  clock?: () => Date;
  /** Reads source texts. Default: in a thread of its own, started when first used. */
  runCodeJob?: RunCodeJob;
  /** Of calls by address, for each tenant and origin. */
  endpointLimits?: EndpointLimits;
}

/** Makes the tools that this runtime has, and the way to those that tenants bring along. */
export function createToolBox(options: ToolBoxOptions): ToolBox {
  const { egress, clock = () => new Date(), runCodeJob = codeJobRunner(), endpointLimits } = options;
  const endpoints = new Endpoints(egress, () => clock().getTime(), endpointLimits);
  const all = [
    calculator,
    currentTime(clock),
    jsonQuery,
    httpGet(endpoints),
    memory,
    askHuman,
    codeAnalysis(runCodeJob),
    securityScan(runCodeJob),
  ];
  const builtIns: ReadonlyMap<string, BuiltIn> = new Map(all.map((tool) => [tool.name, tool]));

  return {
    describe: () => all.map(definitionOf),

    definitionsFor(tools) {
      return tools.flatMap((tool) => {
        if (typeof tool !== 'string') return tool.enabled ? [definitionOf(tool)] : [];
        const builtIn = builtIns.get(tool);
        return builtIn ? [definitionOf(builtIn)] : [];
      });
    },

    check(tools, settings) {
      return checkTools(tools, { builtIns: new Set(builtIns.keys()), settings, egress });
    },

    refusal(call, tools, settings) {
      const tool = toolOf(call, tools, builtIns);
      return tool instanceof ToolFailure ? tool : refusalOf(tool, call, { settings, egress });
    },

    async run(call, tools, context) {
      context.signal.throwIfAborted();
      const tool = toolOf(call, tools, builtIns);
      if (tool instanceof ToolFailure) throw tool;
      const refusal = refusalOf(tool, call, { settings: context.tenantSettings, egress });
      if (refusal !== null) throw refusal;
      if ('run' in tool) return tool.run(call.arguments, context);
      return { result: await callHttpTool(tool as HttpTool, call, context, { endpoints, now: clock() }) };
    },
  };
}

function definitionOf({ name, description, inputSchema }: ToolDefinition): ToolDefinition {
  return { name, description, inputSchema };
}

/** What an agent may call is what its version lists, whatever its model was talked into. */
function toolOf(
  { name }: ToolCall,
  tools: readonly (string | AgentTool)[],
  builtIns: ReadonlyMap<string, BuiltIn>,
): BuiltIn | AgentTool | ToolFailure {
  const listed = tools.find((tool) => (typeof tool === 'string' ? tool === name : tool.enabled && tool.name === name));
  const tool = typeof listed === 'string' ? builtIns.get(listed) : listed;
  if (tool) return tool;
  const names = tools.map((each) => (typeof each === 'string' ? each : each.name)).join(', ') || 'none';
  return new ToolFailure({ code: 'tool_unknown', message: `The agent has no tool "${name}". Its tools: ${names}.` });
}

function refusalOf(
  tool: BuiltIn | AgentTool,
  call: ToolCall,
  rules: { settings: ToolSettings; egress: EgressGuard },
): ToolFailure | null {
  const misfit = argumentsProblem(tool, call);
  if (misfit !== null) return misfit;
  return 'run' in tool ? allowListProblem(tool.name, rules.settings) : targetProblem(tool, rules);
}

function argumentsProblem(tool: BuiltIn | AgentTool, call: ToolCall): ToolFailure | null {
  const problems = call.problem
    ? [call.problem]
    : findMisfits(call.arguments, tool.inputSchema).map(({ path, message }) => `${path || '(arguments)'}: ${message}`);
  const own = problems.length === 0 && 'run' in tool ? (tool.check?.(call.arguments) ?? null) : null;
  if (own !== null) problems.push(own);
  if (problems.length === 0) return null;
  const message = `${call.name} was not called, its arguments do not fit its inputSchema. ${problems.join(' ')}`;
  return new ToolFailure({ code: 'tool_arguments_invalid', message });
}

function allowListProblem(name: string, { skillAllowlist }: ToolSettings): ToolFailure | null {
  if (skillAllowlist === null || skillAllowlist.includes(name)) return null;
  return new ToolFailure({ code: 'tool_not_allowed', message: `The tenant's skillAllowlist does not have ${name}.` });
}

function targetProblem(tool: AgentTool, rules: { settings: ToolSettings; egress: EgressGuard }): ToolFailure | null {
  const { name, invokeUrl } = tool;
  if (invokeUrl === undefined) {
    return new ToolFailure({
      code: 'tool_not_allowed',
      message: `${name} has no invokeUrl; nothing else is executed.`,
    });
  }
  const problem = invokeUrlProblem(invokeUrl, rules);
  return problem && new ToolFailure({ code: 'tool_not_allowed', message: `${name}: ${problem.message}` });
}
