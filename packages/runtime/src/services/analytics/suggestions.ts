import { createHash } from 'node:crypto';
import type { OptimizationSuggestion, UpdateAgentInput } from '@runctl/agents';
import type { FinishedTotals } from '../statistics/finished-tasks.ts';
import type { ToolTotals } from '../statistics/tool-steps.ts';
import type { StoredAgentConfig } from '../wire/agent.ts';
import type { BadEnd } from './ended-badly.ts';
import { mostExamples } from './failure-clusters.ts';
import { fewestSamples, rate } from './rate.ts';

// Each rule looks at figures and proposes one change, with the tasks that speak for it; none applies anything. A rule
// is silent below the sample size that every figure needs.

/** What rules look at. */
export interface Findings {
  agentId: string;
  /** The agent as it is now. */
  version: number;
  config: StoredAgentConfig;
  /** Tasks that completed or failed. */
  ended: number;
  /** How many of them ended with an error of this code. */
  endedBy: (code: string) => number;
  /** The newest that came to nothing. */
  badEnds: readonly BadEnd[];
  /** What it called, with the newest tasks in which a call failed. */
  tools: readonly (Pick<ToolTotals, 'name' | 'calls' | 'errors'> & { failedIn: readonly string[] })[];
  repeatingTaskIds: readonly string[];
  /** Versions with what they were, for comparison. */
  versions: readonly {
    version: number;
    totals: Pick<FinishedTotals, 'completed' | 'failed'>;
    config: StoredAgentConfig;
  }[];
}

type Proposal = Omit<OptimizationSuggestion, 'id'>;
type Rule = (findings: Findings) => Proposal[];

/** A limit that ends this share of all tasks is too tight. */
const tightShare = 0.05;
/** A tool that fails this often does more harm than good. */
const uselessShare = 0.5;
/** Tasks of which this share repeats a call were not told not to. */
const repeatShare = 0.1;

const moreSteps: Rule = ({ config, ended, endedBy, badEnds }) => {
  const cut = endedBy('max_steps');
  if (!isFrequent(cut, ended, tightShare)) return [];
  const maxSteps = Math.min(config.limits.maxSteps * 2, 10_000);
  return [
    proposal('more_steps', `Allow ${maxSteps} steps instead of ${config.limits.maxSteps}`, {
      text: `${cut} of ${ended} tasks were cut off at ${config.limits.maxSteps} steps.`,
      n: ended,
      tasks: withCode(badEnds, 'max_steps'),
      change: { limits: { maxSteps } },
    }),
  ];
};

const moreTime: Rule = ({ config, ended, endedBy, badEnds }) => {
  const late = endedBy('timeout');
  const before = config.limits.taskTimeoutSeconds;
  const taskTimeoutSeconds = Math.min(before * 2, 86_400);
  if (!isFrequent(late, ended, tightShare) || taskTimeoutSeconds === before) return [];
  return [
    proposal('more_time', `Allow ${taskTimeoutSeconds} seconds a task instead of ${before}`, {
      text: `${late} of ${ended} tasks ran out of time.`,
      n: ended,
      tasks: withCode(badEnds, 'timeout'),
      change: { limits: { taskTimeoutSeconds } },
    }),
  ];
};

const withoutTool: Rule = ({ config, tools: called }) =>
  called.flatMap(({ name, calls, errors, failedIn }) => {
    const tools = config.tools.filter((tool) => (typeof tool === 'string' ? tool : tool.name) !== name);
    if (tools.length === config.tools.length || !isUseless({ calls, errors })) return [];
    return [
      proposal('without_tool', `Take the tool ${name} away until it works`, {
        text: `${errors} of ${calls} calls of ${name} failed.`,
        n: calls,
        tasks: failedIn,
        change: { tools },
      }),
    ];
  });

/** Whether most calls of a tool fail. */
export function isUseless({ calls, errors }: { calls: number; errors: number }): boolean {
  return calls >= fewestSamples && (rate(errors, calls).low ?? 0) >= uselessShare;
}

function withCode(ends: readonly BadEnd[], code: string): string[] {
  return ends.filter(({ error }) => error?.code === code).map(({ id }) => id);
}

const noRepeats: Rule = ({ config, ended, repeatingTaskIds }) => {
  const advice = 'Do not call a tool again with arguments that you have already used: its answer stays the same.';
  if (!isFrequent(repeatingTaskIds.length, ended, repeatShare) || config.systemPrompt.includes(advice)) return [];
  return [
    proposal('no_repeats', 'Tell the model not to repeat a tool call', {
      text: `${repeatingTaskIds.length} of ${ended} tasks called a tool again with the same arguments.`,
      n: ended,
      tasks: repeatingTaskIds,
      change: { systemPrompt: `${config.systemPrompt}\n\n${advice}`.trim() },
    }),
  ];
};

const backToVersion: Rule = ({ version, versions, badEnds }) => {
  const now = versions.find((each) => each.version === version);
  if (now === undefined) return [];
  const success = ({ completed, failed }: (typeof now)['totals']) => rate(completed, completed + failed);
  const current = success(now.totals);
  const better = versions
    .filter((each) => (success(each.totals).low ?? 0) > (current.high ?? 1))
    .sort((a, b) => (success(b.totals).low ?? 0) - (success(a.totals).low ?? 0))[0];
  if (better === undefined) return [];
  const { systemPrompt, modelProvider, model, modelConfig } = better.config;
  const before = success(better.totals);
  return [
    proposal('back_to_version', `Go back to the prompt and the model of version ${better.version}`, {
      text: `${percent(current.value)} of ${current.n} tasks succeed; with version ${better.version} ${percent(before.value)} of ${before.n} did, and the intervals do not meet.`,
      n: current.n + before.n,
      tasks: badEnds.filter((each) => each.version === version).map(({ id }) => id),
      change: { systemPrompt, modelProvider, model, modelConfig },
    }),
  ];
};

const rules: readonly Rule[] = [backToVersion, withoutTool, moreSteps, moreTime, noRepeats];

/** What the rules propose, strongest evidence first. */
export function suggest(findings: Findings): OptimizationSuggestion[] {
  return rules
    .flatMap((rule) => rule(findings))
    .sort((a, b) => b.evidence.n - a.evidence.n)
    .map((each) => ({ id: suggestionId(findings, each), ...each }));
}

/** The version of the agent that a suggestion was made for; undefined where the id is none of ours. */
export function suggestedFor(suggestionId: string): number | undefined {
  const [, version] = /^sug_([0-9a-v]{6})[0-9a-v]{20}$/.exec(suggestionId) ?? [];
  return version === undefined ? undefined : Number.parseInt(version, 32);
}

/** The same proposal for the same version has the same id, so that nothing has to be kept until it is applied. */
function suggestionId({ agentId, version }: Findings, { rule, change }: Proposal): OptimizationSuggestion['id'] {
  const hash = createHash('sha256')
    .update(JSON.stringify([agentId, version, rule, change]))
    .digest('hex');
  const tail = BigInt(`0x${hash}`).toString(32).padStart(52, '0').slice(-20);
  return `sug_${version.toString(32).padStart(6, '0')}${tail}`;
}

function proposal(
  rule: string,
  title: string,
  { text, n, tasks, change }: { text: string; n: number; tasks: readonly string[]; change: UpdateAgentInput },
): Proposal {
  return { rule, title, evidence: { text, n, taskIds: [...new Set(tasks)].slice(0, mostExamples) }, change };
}

/** Often enough, of enough, to be no accident: the lower end of the interval is above the share. */
function isFrequent(hits: number, n: number, share: number): boolean {
  return (rate(hits, n).low ?? 0) > share;
}

const percent = (share: number | null) => `${Math.round((share ?? 0) * 1_000) / 10} %`;
