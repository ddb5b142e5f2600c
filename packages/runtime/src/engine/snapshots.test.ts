import type { TraceMessage } from '@runctl/tasks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoopState } from '../loops/loop.ts';
import { type Rule, RunningTenant } from '../services/running-tenant.test-rig.ts';
import { decodeState, lastMessageHash, SnapshotEncoder } from './snapshots.ts';

const base = { prompt: 'Go', systemPrompt: 'Work.', modelProvider: 'simulated', model: 'scripted' };
const message = (at: number): TraceMessage => ({ role: 'user', content: `message ${at}` });

let tenant: RunningTenant;
beforeAll(async () => {
  tenant = await RunningTenant.start();
});
afterAll(() => tenant.close());

/** States that grow by a message a step, each encoded as a run would. */
function encodeSteps(steps: number) {
  const encoder = new SnapshotEncoder(tenant.tenantId, Date.now);
  const messages = Array.from({ length: steps }, (_, at) => message(at));
  return messages.map((_, at) => {
    const state: LoopState = { ...base, messages: messages.slice(0, at), memory: {}, approvals: {}, loop: null };
    return { state, ...encoder.encode(state) };
  });
}

describe('the snapshots of a long trace', () => {
  it('are each read as they were written', async () => {
    const snapshots = encodeSteps(100);
    const rows = snapshots.flatMap(({ contents }) => contents);
    await tenant.store.write(({ query }) => query.insertInto('contents').values(rows).execute());
    for (const { state, entry } of snapshots) {
      expect(await decodeState(tenant.store.query, tenant.tenantId, base, entry)).toEqual(state);
    }
  });

  it('have the last message in their own text, whatever pages stand before it', () => {
    for (const { state, entry } of encodeSteps(100)) {
      const [last] = new SnapshotEncoder(tenant.tenantId, Date.now).encode({
        ...state,
        messages: state.messages.slice(-1),
      }).entry.messages;
      expect(lastMessageHash(JSON.stringify(entry))).toBe(last);
    }
  });

  it('take room that grows with the steps, not with their square', () => {
    const bytes = (steps: number) =>
      encodeSteps(steps).reduce((sum, { entry, contents }) => {
        return sum + JSON.stringify(entry).length + contents.reduce((size, { body }) => size + body.length, 0);
      }, 0);
    expect(bytes(400) / bytes(200)).toBeLessThan(2.5);
  });
});

it('a long task is forked far behind its first page, and comes to the same', async () => {
  const rules = Array.from({ length: 40 }, (_, at): Rule => {
    const call = { toolCalls: [{ name: 'calculator', arguments: { a: at, b: 1 } }] };
    return { when: { step: 2 * at + 1 }, reply: at === 39 ? { text: 'The end.' } : call };
  });
  const source = await tenant.run(await tenant.agent(rules, { limits: { maxSteps: 100 } }), { message: 'Go' });
  expect(source.usage.steps).toBe(79);
  for (const step of [33, 34, 66, 78]) {
    const fork = await tenant.forkAndRun(source.id, { step });
    expect(fork).toMatchObject({ status: 'completed', result: 'The end.' });
    const [ours, theirs] = await Promise.all(
      [source.id, fork.id].map((id) => tenant.traces.getSnapshot(tenant.scope, id, 79)),
    );
    expect({ ...theirs, taskId: source.id }).toEqual(ours);
  }
});
