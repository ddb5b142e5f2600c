import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventReader } from './event-reader.ts';
import { OpenReaders } from './open-readers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('readers whose keys are looked at', () => {
  it('are cut within a second after their key is revoked, and the others are not', async () => {
    const good = new Set(['key_good', 'key_bad']);
    const readers = new OpenReaders({ goodKeyIds: async () => good });
    const open = (apiKeyId: string) => {
      const cut = vi.fn();
      readers.add({ cut } as unknown as EventReader, { tenantId: 'tnt_1', apiKeyId });
      return cut;
    };
    const [spared, cut] = [open('key_good'), open('key_bad')];
    await vi.advanceTimersByTimeAsync(60_000);
    expect(cut).not.toHaveBeenCalled();
    good.delete('key_bad');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(cut).toHaveBeenCalledExactlyOnceWith('revoked');
    expect(spared).not.toHaveBeenCalled();
  });
});
