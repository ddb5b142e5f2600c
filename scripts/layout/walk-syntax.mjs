/**
 * Visits every node of a syntax tree, parents first.
 *
 * @param {any} node
 * @param {(node: any) => void} visit
 */
export function walkSyntax(node, visit) {
  if (typeof node?.type !== 'string') return;
  visit(node);
  for (const key in node) {
    if (key === 'leadingComments' || key === 'trailingComments' || key === 'innerComments' || key === 'loc') continue;
    const child = node[key];
    if (Array.isArray(child)) for (const item of child) walkSyntax(item, visit);
    else if (typeof child === 'object' && child !== null) walkSyntax(child, visit);
  }
}
