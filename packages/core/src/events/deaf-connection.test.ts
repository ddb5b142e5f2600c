import { describe, expect, it, vi } from 'vitest';
import { RunctlAbortError } from '../errors/abort-error.ts';
import { RunctlConfigError } from '../errors/config-error.ts';
import { openEventStream } from './event-stream.ts';

const never = () => new Promise<Response>(() => {});

describe('a stream over a fetch that pays no heed to its signal', () => {
  it.each([
    ['while it connects', never],
    ['while it reads', async () => new Response(new ReadableStream<Uint8Array>())],
  ])('ends at an abort %s all the same', async (_, connect) => {
    const controller = new AbortController();
    const ended = openEventStream({ connect, options: { signal: controller.signal } }).next();
    setTimeout(() => controller.abort(), 20);
    await expect(ended).rejects.toBeInstanceOf(RunctlAbortError);
  });

  it('lets go of an answer that comes too late', async () => {
    const cancel = vi.fn();
    const late = async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return new Response(new ReadableStream({ cancel }));
    };
    const stream = openEventStream({ connect: late });
    const ended = stream.next();
    await stream.close();
    expect(await ended).toEqual({ done: true, value: undefined });
    await expect.poll(() => cancel).toHaveBeenCalledOnce();
  });
});

it('does not connect where the signal has aborted before', async () => {
  const connect = vi.fn(never);
  const stream = openEventStream({ connect, options: { signal: AbortSignal.abort() } });
  await expect(stream.next()).rejects.toBeInstanceOf(RunctlAbortError);
  expect(connect).not.toHaveBeenCalled();
});

it('refuses an idle timeout that is none', () => {
  for (const idleTimeout of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => openEventStream({ connect: never, options: { idleTimeout } })).toThrow(RunctlConfigError);
  }
});
