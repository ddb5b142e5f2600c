import { describe, expect, it } from 'vitest';
import { readPage } from './page.ts';

describe('a page of a list', () => {
  /** A list of so many rows, and how often it was counted. */
  function listOf(length: number) {
    const all = Array.from({ length }, (_, index) => ({ id: `agt_${String(length - index).padStart(3, '0')}` }));
    const list = { counts: 0 };
    const source = {
      rows: async ({ offset, limit }: { offset: number; limit: number }) => all.slice(offset, offset + limit),
      count: async () => {
        list.counts += 1;
        return length;
      },
    };
    return { list, read: (page: number) => readPage({ page, limit: 10 }, source, ({ id }) => id) };
  }

  it.each([
    { length: 0, page: 1, counts: 0 },
    { length: 7, page: 1, counts: 0 },
    { length: 10, page: 1, counts: 0 },
    { length: 11, page: 1, counts: 1 },
    { length: 11, page: 2, counts: 0 },
    { length: 20, page: 3, counts: 1 },
  ])(
    'of $length rows, number $page, says how many there are, counted $counts times',
    async ({ length, page, counts }) => {
      const { list, read } = listOf(length);
      const { data, pagination } = await read(page);
      expect(pagination).toMatchObject({ total: length, totalPages: Math.ceil(length / 10) });
      expect(data).toHaveLength(Math.max(0, Math.min(10, length - (page - 1) * 10)));
      expect(list.counts).toBe(counts);
    },
  );
});
