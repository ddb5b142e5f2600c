/** Types that stand for any JSON, or whose members say less than their name. */
const known = {
  JsonValue: {},
  JsonObject: { type: 'object' },
  JsonSchema: { type: 'object', description: 'A JSON Schema.' },
};
/** Aliases of plain text that the checker forgets, by the words of a declaration. */
const formats = { Timestamp: 'date-time' };

/**
 * A type as a JSON Schema. Types with a name become schemas of their own, in `context.schemas`, and a reference.
 *
 * @param {import('typescript').Type} type
 * @param {{ ts: import('typescript'), checker: import('typescript').TypeChecker, schemas: Record<string, object> }} context
 * @returns {object}
 */
export function toSchema(type, context) {
  const alias = type.aliasSymbol?.name;
  if (alias !== undefined && Object.hasOwn(known, alias)) return known[alias];
  const name = nameOf(type, context);
  if (name === undefined) return spell(type, context);
  if (context.schemas[name] === undefined) {
    // In place before its members are read: a type may hold itself.
    context.schemas[name] = {};
    const described = documented(type.aliasSymbol ?? type.symbol, context);
    context.schemas[name] = { ...described, ...spell(type, context) };
  }
  return { $ref: `#/components/schemas/${name}` };
}

/** A page of agents is an `AgentPage`; other types with parameters have no name that is theirs alone. */
function nameOf(type, context) {
  const { ts, checker } = context;
  const isNamedObject = type.symbol && type.symbol.flags & ts.SymbolFlags.Interface && !checker.isArrayType(type);
  const symbol = type.aliasSymbol ?? (isNamedObject ? type.symbol : undefined);
  if (symbol === undefined || checker.isTupleType(type)) return undefined;
  const parameters =
    type.aliasTypeArguments ?? (type.flags & ts.TypeFlags.Object ? checker.getTypeArguments(type) : []);
  if (parameters.length === 0) return symbol.name;
  const [item] = parameters;
  const itemName = item?.aliasSymbol?.name ?? item?.symbol?.name;
  return symbol.name === 'PaginatedResponse' && itemName !== '__type' ? `${itemName}Page` : undefined;
}

function spell(type, context) {
  const { ts, checker } = context;
  const { flags } = type;
  if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
  if (flags & ts.TypeFlags.Null) return { type: 'null' };
  if (flags & ts.TypeFlags.StringLiteral || flags & ts.TypeFlags.NumberLiteral) return { const: type.value };
  if (flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
  if (flags & ts.TypeFlags.TemplateLiteral) return { type: 'string', ...prefix(type) };
  if (flags & ts.TypeFlags.String) return { type: 'string' };
  if (flags & ts.TypeFlags.Number) return { type: 'number' };
  if (type.isUnion()) return spellUnion(type, context);
  // `string & {}` and brands.
  if (type.isIntersection() && type.types.some((each) => each.flags & ts.TypeFlags.String)) return { type: 'string' };
  if (checker.isArrayType(type)) return { type: 'array', items: toSchema(checker.getTypeArguments(type)[0], context) };
  if (checker.isTupleType(type)) {
    return { type: 'array', prefixItems: checker.getTypeArguments(type).map((each) => toSchema(each, context)) };
  }
  return spellObject(type, context);
}

function prefix({ texts }) {
  return texts[0] ? { pattern: `^${texts[0]}` } : {};
}

function spellUnion(type, context) {
  const { ts } = context;
  const parts = type.types.filter((each) => !(each.flags & ts.TypeFlags.Undefined));
  const isLiteral = (each) => each.flags & (ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral);
  const literals = parts.filter(isLiteral).map((each) => each.value);
  const isBoolean = parts.filter((each) => each.flags & ts.TypeFlags.BooleanLiteral).length === 2;
  const rest = parts.filter((each) => !isLiteral(each) && !(isBoolean && each.flags & ts.TypeFlags.BooleanLiteral));
  const others = rest.map((each) => toSchema(each, context));
  if (isBoolean) others.unshift({ type: 'boolean' });
  // A catalogue that grows: any text, with the known ones as examples.
  const plainText = others.findIndex((each) => each.type === 'string' && each.pattern === undefined);
  if (literals.length > 0 && plainText >= 0) others[plainText] = { type: 'string', examples: literals };
  else if (literals.length > 0) others.unshift(literals.length === 1 ? { const: literals[0] } : { enum: literals });
  const unique = [...new Map(others.map((each) => [JSON.stringify(each), each])).values()];
  if (unique.length === 1) return unique[0];
  // Null last, where a reader expects it.
  unique.sort((a, b) => Number(a.type === 'null') - Number(b.type === 'null'));
  const [first, second] = unique;
  const isPlainNullable = unique.length === 2 && second.type === 'null' && typeof first.type === 'string';
  if (isPlainNullable) return { ...first, type: [first.type, 'null'] };
  return unique.every((each) => each.properties) ? withCommonMembers(unique) : { anyOf: unique };
}

/** What all branches of a union have, once; then what each has besides. */
function withCommonMembers(branches) {
  const [first] = branches;
  const isCommon = (name) =>
    branches.every(
      ({ properties, required = [] }) =>
        JSON.stringify(properties[name]) === JSON.stringify(first.properties[name]) &&
        required.includes(name) === first.required?.includes(name),
    );
  const common = Object.keys(first.properties).filter(isCommon);
  if (common.length === 0) return { anyOf: branches };
  const isOwn = (name) => !common.includes(name);
  return {
    type: 'object',
    properties: Object.fromEntries(common.map((name) => [name, first.properties[name]])),
    required: common.filter((name) => first.required?.includes(name)),
    anyOf: branches.map(({ properties, required = [] }) => ({
      properties: Object.fromEntries(Object.entries(properties).filter(([name]) => isOwn(name))),
      required: required.filter(isOwn),
    })),
  };
}

function spellObject(type, context) {
  const { ts, checker } = context;
  const properties = {};
  const required = [];
  for (const member of checker.getPropertiesOfType(type)) {
    const memberType = checker.getTypeOfSymbol(member);
    if (memberType.flags & ts.TypeFlags.Never) continue;
    const isOptional = Boolean(member.flags & ts.SymbolFlags.Optional);
    if (isOptional && memberType.flags & ts.TypeFlags.Undefined) continue;
    if (!isOptional) required.push(member.name);
    properties[member.name] = { ...formatted(toSchema(memberType, context), member), ...documented(member, context) };
  }
  const index = checker.getIndexInfosOfType(type).find((info) => info.keyType.flags & ts.TypeFlags.String);
  return {
    type: 'object',
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
    ...(index && { additionalProperties: toSchema(index.type, context) }),
  };
}

function formatted(schema, member) {
  const words = member.valueDeclaration?.type?.getText?.() ?? '';
  const alias = Object.keys(formats).find((name) => new RegExp(`\\b${name}\\b`).test(words));
  const isText = schema.type === 'string' || (Array.isArray(schema.type) && schema.type[0] === 'string');
  return alias !== undefined && isText ? { ...schema, format: formats[alias] } : schema;
}

function documented(symbol, { ts, checker }) {
  const description = symbol ? ts.displayPartsToString(symbol.getDocumentationComment(checker)) : '';
  return description === '' ? {} : { description };
}
