import type { AgentLogEntry, AgentLogs, AgentLogsQuery } from '@runctl/agents';
import type { WireQuery } from '@runctl/core';
import type { AgentLogRow } from '../store/service-rows.ts';
import { findAgent } from './agents.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { levelNumber, logLevels } from './logs/log-level.ts';
import type { TenantScope } from './tenant-scope.ts';
import { formatTimestamp, parseTimestamp } from './wire/format-timestamp.ts';

const defaultLimit = 20;

/** A page of an agent's log, newest first. By agent_logs_by_agent. @throws {Failure} `agent.not_found`, `request.cursor_invalid` */
export async function listAgentLogs(
  scope: TenantScope,
  agentId: string,
  query: WireQuery<AgentLogsQuery>,
): Promise<AgentLogs> {
  await findAgent(scope, agentId);
  const { limit = defaultLimit } = query;
  let lines = scope.agentLogs().where('agent_id', '=', agentId);
  if (query.level !== undefined) lines = lines.where('level', '>=', levelNumber(query.level));
  if (query.taskId !== undefined) lines = lines.where('task_id', '=', query.taskId);
  if (query.from !== undefined) lines = lines.where('created_at', '>=', parseTimestamp(query.from));
  if (query.to !== undefined) lines = lines.where('created_at', '<', parseTimestamp(query.to));
  if (query.cursor !== undefined) lines = lines.where('id', '<', decodeCursor(query.cursor));
  const rows = await lines
    .selectAll()
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const hasMore = rows.length > limit;
  const last = page.at(-1);
  return {
    logs: page.map(toLogEntry),
    hasMore,
    nextCursor: hasMore && last !== undefined ? encodeCursor(last.id) : null,
  };
}

function toLogEntry(row: AgentLogRow): AgentLogEntry {
  return {
    id: row.id as AgentLogEntry['id'],
    timestamp: formatTimestamp(row.created_at),
    level: logLevels[row.level] ?? 'info',
    source: row.source as AgentLogEntry['source'],
    message: row.message,
    taskId: row.task_id,
    step: row.step,
    instanceId: row.instance_id as AgentLogEntry['instanceId'],
  };
}
