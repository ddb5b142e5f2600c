import { describe, expect, it } from 'vitest';
import { RunctlServerError } from '../errors/api-error.ts';
import { RunctlDecodeError } from '../errors/decode-error.ts';
import type { PaginatedResponse } from './page.ts';
import { type Paginator, paginate } from './paginator.ts';

function pageOf(data: number[], nextCursor: string | null): PaginatedResponse<number> {
  const pagination = { page: null, limit: 20, total: null, totalPages: null, hasMore: nextCursor !== null };
  return { data, pagination, nextCursor };
}

/** A list of so many pages of ten, and what was asked of it. */
function listOf(pages: number, override: (index: number) => PaginatedResponse<number> | undefined = () => undefined) {
  const asked: (string | undefined)[] = [];
  const paginator = paginate<number>(async ({ cursor }) => {
    asked.push(cursor);
    const index = Number(cursor ?? 0);
    const items = Array.from({ length: 10 }, (_, item) => index * 10 + item);
    return override(index) ?? pageOf(items, index + 1 < pages ? String(index + 1) : null);
  });
  return { asked, paginator };
}

async function collect(paginator: AsyncIterable<number>): Promise<number[]> {
  const items: number[] = [];
  for await (const item of paginator) items.push(item);
  return items;
}

async function failureOf(paginator: Paginator<number>): Promise<Error & { cursor?: string }> {
  return collect(paginator).then(
    () => new TypeError('It did not fail.'),
    (error: Error) => error,
  );
}

describe('a paginator', () => {
  it('walks all pages by cursor, each asked for once', async () => {
    const { asked, paginator } = listOf(4);
    await expect(collect(paginator)).resolves.toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(asked).toEqual([undefined, '1', '2', '3']);
    await expect(paginator.next()).resolves.toEqual({ done: true, value: undefined });
  });

  it('asks for nothing before it is read, and for at most one page ahead', async () => {
    const { asked, paginator } = listOf(9);
    expect(asked).toHaveLength(0);
    await paginator.next();
    expect(asked).toHaveLength(1);
    for (let read = 1; read < 5; read += 1) await paginator.next();
    expect(asked).toHaveLength(2);
    for (let read = 5; read < 11; read += 1) await paginator.next();
    expect(asked).toHaveLength(3);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(asked).toHaveLength(3);
  });

  it('S83: asks for no further page once the loop is left', async () => {
    const { asked, paginator } = listOf(9);
    for await (const item of paginator) if (item === 2) break;
    await expect(paginator.next()).resolves.toMatchObject({ done: true });
    expect(asked).toEqual([undefined]);
  });

  it('serves reads that do not wait for each other in order', async () => {
    const { asked, paginator } = listOf(3);
    const reads = await Promise.all(Array.from({ length: 31 }, () => paginator.next()));
    expect(reads.map(({ value }) => value)).toEqual([...Array.from({ length: 30 }, (_, index) => index), undefined]);
    expect(asked).toHaveLength(3);
  });

  it('gives pages, each with its place in the list', async () => {
    const { asked, paginator } = listOf(3);
    const sizes: number[] = [];
    for await (const page of paginator.pages()) sizes.push(page.data.length);
    expect(sizes).toEqual([10, 10, 10]);
    expect(asked).toHaveLength(3);
  });

  it('collects as many items as are asked for, and asks for no page more', async () => {
    const { asked, paginator } = listOf(9);
    await expect(paginator.toArray({ limit: 20 })).resolves.toHaveLength(20);
    expect(asked).toHaveLength(2);
    await expect(paginator.toArray({ limit: 0 })).resolves.toEqual([]);
    await expect(paginator.toArray({} as { limit: number })).rejects.toThrow('`limit`');
    expect(asked).toHaveLength(2);
  });

  it('walks an empty list, and one with a few empty pages', async () => {
    await expect(collect(listOf(1, () => pageOf([], null)).paginator)).resolves.toEqual([]);
    const sparse = listOf(5, (index) => (index > 0 && index < 4 ? pageOf([], String(index + 1)) : undefined));
    await expect(collect(sparse.paginator)).resolves.toHaveLength(20);
  });
});

describe('a list that is broken', () => {
  it('S82: that repeats a cursor ends with an error', async () => {
    const { asked, paginator } = listOf(9, (index) => (index === 2 ? pageOf([1], '1') : undefined));
    expect(await failureOf(paginator)).toBeInstanceOf(RunctlDecodeError);
    expect(asked).toHaveLength(3);
  });

  it('S82: that promises more and has nothing ends with an error', async () => {
    const { asked, paginator } = listOf(9, (index) => pageOf([], String(index + 1)));
    expect((await failureOf(paginator)).message).toContain('empty');
    expect(asked.length).toBeLessThan(6);
  });

  it('S42: whose page has no `data` ends with an error', async () => {
    const { paginator } = listOf(9, () => ({}) as PaginatedResponse<number>);
    expect(await failureOf(paginator)).toBeInstanceOf(RunctlDecodeError);
  });

  it('S84: fails once; what was read stands, and the error has the cursor to go on from', async () => {
    const { paginator } = listOf(9, (index) => {
      if (index === 2) throw new RunctlServerError('down', { code: 'http.503', status: 503 });
      return undefined;
    });
    const items: number[] = [];
    const failure = await (async () => {
      for await (const item of paginator) items.push(item);
      return undefined;
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 503, cursor: '2' });
    expect(items).toHaveLength(20);
    await expect(paginator.next()).resolves.toMatchObject({ done: true });
  });
});
