import type {
  InsertQueryNode,
  KyselyPlugin,
  OperationNode,
  PluginTransformQueryArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely';
import type { Database } from '../store/schema.ts';
import type { Query } from '../store/store.ts';

/** Tables whose rows belong to no tenant. */
const commonTables: ReadonlySet<string> = new Set<keyof Database>([
  'workers',
  'server_secrets',
  'rate_buckets',
  'billing_events',
]);

/**
 * A query builder that runs no statement which is not bound to the tenant. Where a statement starts decides: what is
 * joined to a tenant's rows, or asked of them, is reached by their ids. The forgotten condition is an error of ours, on
 * both homes and before the database sees it.
 *
 * @throws {TypeError} from the statement's `execute` and `compile`
 */
export function boundTo(tenantId: string, query: Query): Query {
  return query.withPlugin(new TenantGuard(tenantId));
}

class TenantGuard implements KyselyPlugin {
  readonly #tenantId: string;

  constructor(tenantId: string) {
    this.#tenantId = tenantId;
  }

  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    if (!this.#isBound(node)) {
      throw new TypeError(`A query of ${tablesOf(node).join(', ') || 'raw SQL'} is not bound to its tenant.`);
    }
    return node;
  }

  async transformResult({ result }: { result: QueryResult<UnknownRow> }): Promise<QueryResult<UnknownRow>> {
    return result;
  }

  #isBound(node: RootOperationNode): boolean {
    // SQL by hand: the tenant is one of its values, or of a statement within it.
    if (node.kind === 'RawNode') {
      return node.parameters.some((part) => isValue(part, this.#tenantId) || this.#isBound(part as RootOperationNode));
    }
    const owned = tablesOf(node).filter((table) => !commonTables.has(table));
    if (node.kind === 'InsertQueryNode') return owned.length === 0 || insertsOnly(node, this.#tenantId);
    if (node.kind !== 'SelectQueryNode' && node.kind !== 'UpdateQueryNode' && node.kind !== 'DeleteQueryNode')
      return false;
    return owned.every((table) => isCondition(node.where?.where, ownerColumn(table), this.#tenantId));
  }
}

/** Whose a row is. */
function ownerColumn(table: string): string {
  return table === 'tenants' ? 'id' : 'tenant_id';
}

/** Where a statement starts. */
function tablesOf(node: RootOperationNode): string[] {
  if (node.kind === 'InsertQueryNode') return node.into === undefined ? [] : [tableOf(node.into)];
  if (node.kind === 'UpdateQueryNode') return node.table === undefined ? [] : [tableOf(node.table)];
  if (node.kind === 'SelectQueryNode' || node.kind === 'DeleteQueryNode') return node.from?.froms.map(tableOf) ?? [];
  return [];
}

function tableOf(node: OperationNode): string {
  if (is(node, 'AliasNode')) return tableOf(node.node);
  return is(node, 'TableNode') ? node.table.identifier.name : node.kind;
}

/** Whether a condition always asks for this value of a column. */
function isCondition(node: OperationNode | undefined, column: string, value: string): boolean {
  if (node === undefined) return false;
  if (is(node, 'ParensNode')) return isCondition(node.node, column, value);
  if (is(node, 'AndNode')) return isCondition(node.left, column, value) || isCondition(node.right, column, value);
  if (!is(node, 'BinaryOperationNode') || !is(node.operator, 'OperatorNode') || node.operator.operator !== '=')
    return false;
  const { leftOperand: left } = node;
  const isColumn = is(left, 'ReferenceNode') && is(left.column, 'ColumnNode') && left.column.column.name === column;
  return isColumn && isValue(node.rightOperand, value);
}

/** Whether all rows are the tenant's. A select that rows come from says nothing of that. */
function insertsOnly({ into, columns, values }: InsertQueryNode, tenantId: string): boolean {
  if (into === undefined || values === undefined || !is(values, 'ValuesNode')) return false;
  const at = columns?.findIndex(({ column }) => column.name === ownerColumn(tableOf(into))) ?? -1;
  return values.values.every((row) =>
    row.kind === 'PrimitiveValueListNode'
      ? row.values[at] === tenantId
      : row.values[at] !== undefined && isValue(row.values[at], tenantId),
  );
}

function isValue(node: OperationNode, value: string): boolean {
  return is(node, 'ValueNode') && node.value === value;
}

/** The nodes that are looked into, by their kinds. */
interface Nodes {
  AliasNode: import('kysely').AliasNode;
  AndNode: import('kysely').AndNode;
  BinaryOperationNode: import('kysely').BinaryOperationNode;
  ColumnNode: import('kysely').ColumnNode;
  OperatorNode: import('kysely').OperatorNode;
  ParensNode: import('kysely').ParensNode;
  ReferenceNode: import('kysely').ReferenceNode;
  TableNode: import('kysely').TableNode;
  ValueNode: import('kysely').ValueNode;
  ValuesNode: import('kysely').ValuesNode;
}

function is<Kind extends keyof Nodes>(node: OperationNode, kind: Kind): node is Nodes[Kind] {
  return node.kind === kind;
}
