import { describe, expect, it } from 'vitest';
import { onAbort } from './on-abort.ts';
import { onAbort as onAbortTogether } from './on-abort-together.ts';

/** A signal, and how many listen to it. */
function watchedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener: (type: string, listener: EventListener) => {
      listeners.add(listener);
      addEventListener.call(signal, type, listener);
    },
    removeEventListener: (type: string, listener: EventListener) => {
      listeners.delete(listener);
      removeEventListener.call(signal, type, listener);
    },
  });
  return { controller, signal, listeners };
}

describe.each([
  ['a listener for each call', onAbort],
  ['one listener for all calls', onAbortTogether],
])('%s', (_, listen) => {
  it('tells each call that still listens, and no other', () => {
    const { controller, signal } = watchedSignal();
    const told: number[] = [];
    const leave = [1, 2, 3].map((call) => listen(signal, () => told.push(call)));
    leave[1]?.();
    controller.abort();
    expect(told).toEqual([1, 3]);
  });

  it('is gone with the last call, however often it is asked to stop', () => {
    const { signal, listeners } = watchedSignal();
    const leave = [1, 2].map(() => listen(signal, () => undefined));
    for (const stop of [...leave, ...leave]) stop();
    expect(listeners).toHaveProperty('size', 0);
    listen(signal, () => undefined);
    expect(listeners).toHaveProperty('size', 1);
  });

  it('has nothing to do without a signal', () => {
    expect(() => listen(undefined, () => undefined)()).not.toThrow();
    expect(() => listen(null, () => undefined)()).not.toThrow();
  });
});

it('on Node a signal has one listener for all calls: Node warns of a leak at eleven', () => {
  const { signal, listeners } = watchedSignal();
  for (let call = 0; call < 20; call += 1) onAbortTogether(signal, () => undefined);
  expect(listeners).toHaveProperty('size', 1);
});
