import { createRequire } from 'node:module';
import { join } from 'node:path';
import { toSchema } from './to-schema.mjs';

/** The tables of routes, by the package that has them. */
const tables = {
  agents: 'AgentRoutes',
  tasks: 'TaskRoutes',
  workflows: 'WorkflowRoutes',
  teams: 'TeamRoutes',
  tenants: 'TenantRoutes',
};

/**
 * @typedef {object} RouteContract
 * @property {string} summary of the route's doc block
 * @property {object} result a JSON Schema
 * @property {object} [body]
 * @property {object} [query]
 */

/**
 * Reads what every route takes and gives from the types that say so, doc blocks included.
 *
 * @param {string} root the repository's folder
 * @returns {{ routes: Record<string, RouteContract>, schemas: Record<string, object> }}
 */
export function readContract(root) {
  // The compiler of the reference: TypeScript 7 cannot be asked about types.
  const ts = createRequire(join(root, 'docs/site/package.json'))('typescript');
  const files = Object.keys(tables).map((name) => join(root, 'packages', name, 'src/index.ts'));
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['@runctl/source'],
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const context = { ts, checker, schemas: {} };
  const routes = {};
  for (const [index, [name, table]] of Object.entries(tables).entries()) {
    const source = program.getSourceFile(files[index]);
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source));
    const symbol = exported.find((each) => each.name === table);
    if (!symbol) throw new TypeError(`packages/${name} exports no ${table}.`);
    for (const route of checker.getDeclaredTypeOfSymbol(target(symbol, context)).getProperties()) {
      routes[route.name] = readRoute(route, context);
    }
  }
  return { routes, schemas: context.schemas };
}

function target(symbol, { ts, checker }) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function readRoute(route, context) {
  const { ts, checker } = context;
  const contract = { summary: ts.displayPartsToString(route.getDocumentationComment(checker)) };
  for (const member of checker.getTypeOfSymbol(route).getProperties()) {
    const type = checker.getTypeOfSymbol(member);
    // An answer may be null; a body or a query that may be left out is what it is where it comes.
    const schema = toSchema(member.name === 'result' ? type : checker.getNonNullableType(type), context);
    contract[member.name] = member.name === 'body' ? underItsName(schema, member, context) : schema;
  }
  return contract;
}

/** A body has the name that the route gives it, also where that is another word for a type with a name. */
function underItsName(schema, member, { schemas }) {
  const written = member.valueDeclaration?.type?.getText() ?? '';
  const name = schema.$ref?.split('/').pop();
  if (!/^[A-Z]\w*$/.test(written) || written === name) return schema;
  schemas[written] ??= name === undefined ? schema : schemas[name];
  return { $ref: `#/components/schemas/${written}` };
}
