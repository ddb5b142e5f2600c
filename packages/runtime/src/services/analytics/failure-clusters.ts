import type { AgentFailureGroup } from '@runctl/agents';
import type { BadEnd } from './ended-badly.ts';

/** Groups that are told of, and examples of each. */
const mostGroups = 20;
export const mostExamples = 10;

/**
 * Failures of one kind counted together: the same code, the same tool, and messages that differ in nothing but numbers,
 * ids, addresses and quoted text. Most frequent first.
 */
export function clusterFailures(
  failures: readonly BadEnd[],
  failedToolOf: ReadonlyMap<string, string>,
): AgentFailureGroup[] {
  const groups = new Map<string, AgentFailureGroup>();
  for (const { id, error } of failures) {
    if (error === null) continue;
    const toolName = failedToolOf.get(id) ?? null;
    const key = JSON.stringify([error.code, toolName, normalised(error.message)]);
    const group = groups.get(key) ?? { code: error.code, toolName, message: error.message, count: 0, taskIds: [] };
    group.count += 1;
    if (group.taskIds.length < mostExamples) group.taskIds.push(id);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count).slice(0, mostGroups);
}

/** A message without what is particular to one task. */
export function normalised(message: string): string {
  return message
    .slice(0, 1_000)
    .replace(/https?:\/\/\S+/g, '<url>')
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '<text>')
    .replace(/\b[a-z]{3}_[0-9a-z]{26}\b/g, '<id>')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<id>')
    .replace(/\b0x[0-9a-f]+\b|\b[0-9a-f]{16,}\b/gi, '<id>')
    .replace(/\d+(\.\d+)?/g, '<n>')
    .replace(/\s+/g, ' ')
    .toLowerCase();
}
