import type { ValidationIssue } from '@runctl/core';
import { EgressRefused } from '../egress/egress-error.ts';
import type { EgressGuard } from '../egress/egress-guard.ts';
import { schemaProblem } from '../schema/json-schema.ts';
import type { ToolSettings } from './tool.ts';
import { isBelowPrefix } from './url-prefix.ts';

/** Tools of one agent. */
const MOST_TOOLS = 64;
const NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/;
const TARGETS = ['invokeUrl', 'lambdaArn', 'inlineScript'] as const;
/** Seconds. */
const LONGEST_TIMEOUT = 300;

/** What an agent's tools are checked against. */
export interface ToolRules {
  /** The built-in tools that this runtime has. */
  builtIns: ReadonlySet<string>;
  settings: ToolSettings;
  egress: EgressGuard;
}

/** Names that the catalogue has, here or in a later version: no custom tool may take one. */
const RESERVED: ReadonlySet<string> = new Set([
  'ask_human',
  'calculator',
  'code_analysis',
  'current_time',
  'http_get',
  'json_query',
  'memory',
  'security_scan',
]);

/** What is wrong with an agent's `tools`, each issue with its pointer below `/tools`. */
export function checkTools(tools: readonly unknown[], rules: ToolRules): ValidationIssue[] {
  if (tools.length > MOST_TOOLS) {
    return [
      issue('/tools', 'agent.too_many_tools', `An agent has at most ${MOST_TOOLS} tools; these are ${tools.length}.`),
    ];
  }
  const names = new Set<string>();
  return tools.flatMap((tool, index) => {
    const path = `/tools/${index}`;
    const issues = typeof tool === 'string' ? checkBuiltIn(tool, path, rules) : checkCustom(tool, path, rules);
    const name = nameOf(tool)?.toLowerCase();
    if (name !== undefined && names.has(name)) {
      issues.push(issue(path, 'agent.tool_duplicate', `The tool "${name}" is there twice; each name once.`));
    }
    if (name !== undefined) names.add(name);
    return issues;
  });
}

/** Why a custom tool may not be called under a tenant's settings; null where it may. Asked on save and on call. */
export function invokeUrlProblem(invokeUrl: string, { settings, egress }: Omit<ToolRules, 'builtIns'>) {
  const prefixes = settings.customToolUrlPrefixes;
  if (prefixes !== null && !isBelowPrefix(invokeUrl, prefixes)) {
    return {
      code: 'agent.tool_url_not_allowed',
      message: `The address is below none of the tenant's customToolUrlPrefixes (${prefixes.join(', ') || 'none'}).`,
    };
  }
  try {
    egress.check(invokeUrl);
    return null;
  } catch (error) {
    if (!(error instanceof EgressRefused)) throw error;
    return { code: 'agent.tool_url_refused', message: error.message };
  }
}

function checkBuiltIn(name: string, path: string, { builtIns, settings }: ToolRules): ValidationIssue[] {
  if (!builtIns.has(name)) {
    const has = `This runtime has ${[...builtIns].join(', ')}.`;
    return [issue(path, 'agent.tool_unknown', `There is no built-in tool ${JSON.stringify(name)}. ${has}`)];
  }
  if (settings.skillAllowlist === null || settings.skillAllowlist.includes(name)) return [];
  const allowed = settings.skillAllowlist.join(', ') || 'none';
  return [issue(path, 'agent.tool_not_allowed', `The tenant's skillAllowlist has ${allowed}, not ${name}.`)];
}

function checkCustom(tool: unknown, path: string, rules: ToolRules): ValidationIssue[] {
  if (!isObject(tool))
    return [issue(path, 'agent.tool_invalid', 'Expected the name of a built-in tool, or a tool object.')];
  return [
    ...checkName(tool.name, `${path}/name`),
    ...checkTarget(tool, path, rules),
    ...checkSchema(tool.inputSchema, `${path}/inputSchema`),
    ...checkTimeout(tool.timeoutSeconds, `${path}/timeoutSeconds`),
  ];
}

function checkName(name: unknown, path: string): ValidationIssue[] {
  if (typeof name !== 'string' || !NAME.test(name)) {
    const message = `Expected a letter, then up to 63 letters, digits, "_" or "-"; got ${JSON.stringify(name) ?? 'nothing'}.`;
    return [issue(path, 'agent.tool_name_invalid', message)];
  }
  if (!RESERVED.has(name.toLowerCase())) return [];
  return [issue(path, 'agent.tool_name_reserved', `"${name}" is the name of a built-in tool; choose another.`)];
}

function checkTarget(tool: Record<string, unknown>, path: string, rules: ToolRules): ValidationIssue[] {
  const given = TARGETS.filter((target) => tool[target] !== undefined);
  const [target] = given;
  if (given.length !== 1 || target === undefined) {
    const got = given.length === 0 ? 'none' : given.join(' and ');
    return [issue(path, 'agent.tool_target_invalid', `Expected exactly one of ${TARGETS.join(', ')}; got ${got}.`)];
  }
  if (target !== 'invokeUrl') {
    const message = `This runtime does not execute ${target}. Put the tool behind an address and use invokeUrl.`;
    return [issue(`${path}/${target}`, 'agent.tool_target_unsupported', message)];
  }
  const problem = invokeUrlProblem(String(tool.invokeUrl), rules);
  return problem ? [issue(`${path}/invokeUrl`, problem.code, problem.message)] : [];
}

function checkSchema(inputSchema: unknown, path: string): ValidationIssue[] {
  const problem = schemaProblem(inputSchema);
  if (problem) return [issue(path, 'agent.tool_schema_invalid', `The schema ${problem}.`)];
  if (isObject(inputSchema) && inputSchema.type === 'object') return [];
  return [issue(path, 'agent.tool_schema_invalid', 'Arguments are an object: expected "type": "object".')];
}

function checkTimeout(timeout: unknown, path: string): ValidationIssue[] {
  if (timeout === undefined || (typeof timeout === 'number' && timeout >= 1 && timeout <= LONGEST_TIMEOUT)) return [];
  return [issue(path, 'agent.tool_timeout_invalid', `Expected 1 to ${LONGEST_TIMEOUT} seconds; got ${timeout}.`)];
}

function nameOf(tool: unknown): string | undefined {
  if (typeof tool === 'string') return tool;
  return isObject(tool) && typeof tool.name === 'string' ? tool.name : undefined;
}

function issue(path: string, code: string, message: string): ValidationIssue {
  return { path, code, message };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
