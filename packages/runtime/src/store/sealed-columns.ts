import type {
  ColumnNode,
  ColumnUpdateNode,
  InsertQueryNode,
  KyselyPlugin,
  OperationNode,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  PrimitiveValueListNode,
  QueryId,
  QueryResult,
  RootOperationNode,
  TableNode,
  UnknownRow,
  UpdateQueryNode,
  ValueListNode,
  ValueNode,
} from 'kysely';
import { type SecretBox, withoutKey } from './secret-box.ts';

/**
 * Secrets that must be read again, so that a hash would not do, and what their rows are found by. All other secrets are
 * kept as hashes, or nowhere.
 */
export const sealedColumns = [
  { table: 'tenants', key: 'id', column: 'signing_secret' },
  { table: 'webhooks', key: 'id', column: 'secret' },
  { table: 'webhooks', key: 'id', column: 'previous_secret' },
  { table: 'server_secrets', key: 'name', column: 'value' },
] as const;

const columnsOf = new Map<string, readonly string[]>(
  sealedColumns.map(({ table }) => [
    table,
    sealedColumns.filter((other) => other.table === table).map(({ column }) => column),
  ]),
);

/**
 * Seals secrets on their way into the database and opens them on their way out, below everything that asks and writes:
 * nobody has to think of it, and nobody can forget it. What was written without a key is read as it is. Without a box
 * secrets are written as they are, and one that is sealed is a failure: nobody may take it for the secret.
 */
export class SealedColumns implements KyselyPlugin {
  readonly #box: Pick<SecretBox, 'seal' | 'open'>;
  /** Queries under way whose rows may hold sealed columns. */
  readonly #columns = new WeakMap<QueryId, readonly string[]>();

  constructor(box: SecretBox | undefined) {
    this.#box = box ?? withoutKey;
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    const columns = tablesOf(node).flatMap((table) => columnsOf.get(table) ?? []);
    if (columns.length === 0) return node;
    this.#columns.set(queryId, columns);
    if (node.kind === 'InsertQueryNode') return this.#sealInsert(node, columns);
    if (node.kind === 'UpdateQueryNode') return this.#sealUpdate(node, columns);
    return node;
  }

  async transformResult({ result, queryId }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    const columns = this.#columns.get(queryId);
    if (columns === undefined || result.rows.length === 0) return result;
    return { ...result, rows: result.rows.map((row) => this.#opened(row, columns)) };
  }

  #opened(row: UnknownRow, columns: readonly string[]): UnknownRow {
    const opened = { ...row };
    for (const column of columns) {
      const value = opened[column];
      if (typeof value === 'string') opened[column] = this.#box.open(value);
    }
    return opened;
  }

  #sealInsert(node: InsertQueryNode, columns: readonly string[]): InsertQueryNode {
    const { values, columns: named = [] } = node;
    if (values?.kind !== 'ValuesNode') return node;
    const places = new Set(named.flatMap((column, at) => (columns.includes(nameOf(column)) ? [at] : [])));
    const rows = (values as OperationNode & { values: readonly (PrimitiveValueListNode | ValueListNode)[] }).values;
    const sealed = rows.map((row) => ({
      ...row,
      values: row.values.map((value, at) => (places.has(at) ? this.#sealed(value) : value)),
    }));
    return { ...node, values: { ...values, values: sealed } as OperationNode };
  }

  #sealUpdate(node: UpdateQueryNode, columns: readonly string[]): UpdateQueryNode {
    if (node.updates === undefined) return node;
    const updates = node.updates.map((update): ColumnUpdateNode => {
      const isSealed = update.column.kind === 'ColumnNode' && columns.includes(nameOf(update.column as ColumnNode));
      return isSealed ? { ...update, value: this.#sealed(update.value) as OperationNode } : update;
    });
    return { ...node, updates };
  }

  /** A value as it stands in a statement: itself, or in a node. */
  #sealed(value: unknown): unknown {
    if (typeof value === 'string') return this.#box.seal(value);
    if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'ValueNode') return value;
    const node = value as ValueNode;
    return typeof node.value === 'string' ? { ...node, value: this.#box.seal(node.value) } : node;
  }
}

/** The tables that a statement reads or writes, as far as it names them itself. */
function tablesOf(node: RootOperationNode): string[] {
  switch (node.kind) {
    case 'SelectQueryNode':
      return [...(node.from?.froms ?? []), ...(node.joins ?? []).map(({ table }) => table)].flatMap(tableName);
    case 'InsertQueryNode':
      return node.into === undefined ? [] : tableName(node.into);
    case 'UpdateQueryNode':
      return node.table === undefined ? [] : tableName(node.table);
    default:
      return [];
  }
}

function tableName(node: OperationNode): string[] {
  if (node.kind === 'TableNode') return [(node as TableNode).table.identifier.name];
  return node.kind === 'AliasNode' ? tableName((node as OperationNode & { node: OperationNode }).node) : [];
}

function nameOf({ column }: ColumnNode): string {
  return column.name;
}
