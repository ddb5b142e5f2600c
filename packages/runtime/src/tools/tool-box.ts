import type { AgentTool } from '@runctl/agents';
import type { JsonSchema } from '@runctl/core';
import type { EgressGuard } from '../egress/egress-guard.ts';
import type { ToolCall, ToolDefinition } from '../models/model.ts';
import { findMisfits } from '../schema/json-schema.ts';
import { calculator } from './built-in/calculator.ts';
import { codeAnalysis } from './built-in/code-analysis.ts';
import { currentTime } from './built-in/current-time.ts';
import { httpGet } from './built-in/http-get.ts';
import { jsonQuery } from './built-in/json-query.ts';
import { memory } from './built-in/memory.ts';
import { securityScan } from './built-in/security-scan.ts';
import { checkTools, invokeUrlProblem } from './check-tools.ts';
import { callHttpTool } from './http-tool.ts';
import { type BuiltIn, type ToolBox, type ToolContext, ToolFailure, type ToolOutcome } from './tool.ts';

/** What a tool box is made of. */
export interface ToolBoxOptions {
  egress: EgressGuard;
  /** Default: the system's clock. */
  clock?: () => Date;
}

/** Makes the tools that this runtime has, and the way to those that tenants bring along. */
export function createToolBox({ egress, clock = () => new Date() }: ToolBoxOptions): ToolBox {
  const all = [calculator, currentTime(clock), jsonQuery, httpGet(egress), memory, codeAnalysis, securityScan];
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

    async run(call, tools, context) {
      context.signal.throwIfAborted();
      const tool = toolOf(call, tools, builtIns);
      checkArguments(call, tool.inputSchema);
      if ('run' in tool) {
        checkAllowed(tool.name, context);
        return tool.run(call.arguments, context);
      }
      return runCustom(tool, call, context, { egress, now: clock() });
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
): BuiltIn | AgentTool {
  const listed = tools.find((tool) => (typeof tool === 'string' ? tool === name : tool.enabled && tool.name === name));
  const tool = typeof listed === 'string' ? builtIns.get(listed) : listed;
  if (tool) return tool;
  const names = tools.map((each) => (typeof each === 'string' ? each : each.name)).join(', ') || 'none';
  throw new ToolFailure({ code: 'tool_unknown', message: `The agent has no tool "${name}". Its tools: ${names}.` });
}

function checkArguments(call: ToolCall, inputSchema: JsonSchema): void {
  const problems = call.problem
    ? [call.problem]
    : findMisfits(call.arguments, inputSchema).map(({ path, message }) => `${path || '(arguments)'}: ${message}`);
  if (problems.length === 0) return;
  const message = `${call.name} was not called, its arguments do not fit its inputSchema. ${problems.join(' ')}`;
  throw new ToolFailure({ code: 'tool_arguments_invalid', message });
}

function checkAllowed(name: string, { tenantSettings: { skillAllowlist } }: ToolContext): void {
  if (skillAllowlist === null || skillAllowlist.includes(name)) return;
  throw new ToolFailure({ code: 'tool_not_allowed', message: `The tenant's skillAllowlist does not have ${name}.` });
}

async function runCustom(
  tool: AgentTool,
  call: ToolCall,
  context: ToolContext,
  runtime: { egress: EgressGuard; now: Date },
): Promise<ToolOutcome> {
  if (tool.invokeUrl === undefined) {
    throw new ToolFailure({
      code: 'tool_not_allowed',
      message: `${tool.name} has no invokeUrl; nothing else is executed.`,
    });
  }
  // A person's leave cannot be had yet, so a tool that needs it is not called.
  if (tool.requiresApproval) {
    throw new ToolFailure({
      code: 'tool_not_allowed',
      message: `${tool.name} requires approval, which cannot be given yet.`,
    });
  }
  const problem = invokeUrlProblem(tool.invokeUrl, { settings: context.tenantSettings, egress: runtime.egress });
  if (problem) throw new ToolFailure({ code: 'tool_not_allowed', message: `${tool.name}: ${problem.message}` });
  return { result: await callHttpTool(tool, call, context, runtime) };
}
