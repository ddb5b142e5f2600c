/** Keys of a route table say what they are themselves: `'POST /agents/:agentId/deploy'`. */
const route = /^(GET|POST|PUT|PATCH|DELETE) \//;

/**
 * @param {any} node a syntax node
 * @returns {boolean} whether the comment right above it is a doc block that says something
 */
export function hasDocBlock(node) {
  const last = (node.leadingComments ?? []).at(-1);
  return last?.type === 'CommentBlock' && last.value.startsWith('*') && /\w/.test(last.value);
}

/**
 * @param {any} node a declaration
 * @returns {{ count: number, missing: { name: string, node: any }[] }} the public members, and those without a doc block
 */
export function undocumentedMembers(node) {
  const documented = new Set();
  const members = membersOf(node)
    .map((member) => ({ name: nameOf(member), node: member }))
    .filter(({ name }) => name !== undefined && !route.test(name));
  for (const member of members) if (hasDocBlock(member.node)) documented.add(member.name);
  const names = new Set(members.map((member) => member.name));
  const missing = [...names].filter((name) => !documented.has(name));
  return { count: names.size, missing: missing.map((name) => members.find((member) => member.name === name)) };
}

function membersOf(node) {
  if (node.type === 'TSInterfaceDeclaration') return node.body.body;
  if (node.type === 'ClassDeclaration') return node.body.body.filter(isPublic);
  if (node.type === 'TSTypeAliasDeclaration' && node.typeAnnotation.type === 'TSTypeLiteral') {
    return node.typeAnnotation.members;
  }
  return [];
}

function isPublic(member) {
  if (member.type === 'StaticBlock' || member.kind === 'constructor') return false;
  // Documented where it was first declared; editors show that block.
  if (member.override) return false;
  return !['private', 'protected'].includes(member.accessibility) && member.key?.type !== 'PrivateName';
}

/** Computed keys, such as `[Symbol.hasInstance]`, are protocol and known to their reader. */
function nameOf(member) {
  if (member.computed || !member.key) return undefined;
  return member.key.name ?? member.key.value;
}
