/** Of the page; its hash stands in the page's policy. */
export const docsStyle = `
:root { color-scheme: light dark; --line: light-dark(#ddd, #3a3a3a); --soft: light-dark(#666, #a0a0a0); --code: light-dark(#f5f5f5, #222); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem; font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.5rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.1rem; }
h3 { margin: 1rem 0 .25rem; font-size: .9rem; }
p { margin: .25rem 0; white-space: pre-line; }
input { width: 100%; margin: 1rem 0; padding: .6rem .8rem; font: inherit; border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .3rem 0; }
details > div { padding: 0 .8rem .8rem; }
summary { padding: .4rem .8rem; cursor: pointer; display: grid; grid-template-columns: 4.5rem minmax(0, 3fr) minmax(0, 2fr); gap: .5rem; }
summary span { color: var(--soft); }
code, pre { font: .85rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { margin: .25rem 0; padding: .6rem .8rem; background: var(--code); border-radius: .4rem; overflow: auto; max-height: 30rem; }
table { width: 100%; border-collapse: collapse; }
td { padding: .2rem .8rem .2rem 0; vertical-align: top; border-top: 1px solid var(--line); }
td:first-child { white-space: nowrap; }
td:last-child { width: 60%; }
td details { border: 0; margin: 0; }
td summary { display: list-item; padding: 0; color: var(--soft); font-size: .9rem; }
a { color: inherit; }
@media (max-width: 40rem) { summary { grid-template-columns: 4.5rem 1fr; } summary span { grid-column: 1 / -1; } }
`;

/** Of the page. Text goes in as text, never as HTML. */
export const docsScript = `
const make = (name, text, ...children) => {
  const element = document.createElement(name);
  // What stands between backticks is code.
  for (const [at, words] of (text || '').split('\`').entries()) {
    if (at % 2 === 0 || name === 'code') element.append(words);
    else element.append(make('code', words));
  }
  element.append(...children.filter(Boolean));
  return element;
};
const nameOf = (schema) => schema?.$ref?.split('/').pop();
const resolve = (api, value) => (value?.$ref ? value.$ref.split('/').slice(1).reduce((at, key) => at[key], api) : value);
const typeOf = (schema) => {
  if (!schema) return 'any';
  const name = nameOf(schema);
  if (name) return name;
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(' | ');
  if (schema.type === 'array') return typeOf(schema.items) + '[]';
  if (schema.anyOf && !schema.properties) return schema.anyOf.map(typeOf).join(' | ');
  return [schema.type ?? 'any'].flat().join(' | ') + (schema.format ? ' (' + schema.format + ')' : '');
};
const boundsOf = (schema) =>
  ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems']
    .filter((name) => schema?.[name] !== undefined && Math.abs(schema[name]) < Number.MAX_SAFE_INTEGER)
    .map((name) => name + ' ' + schema[name]).join(', ');
const insides = (api, schema, seen) => {
  const inner = schema?.type === 'array' ? schema.items : schema;
  const whole = resolve(api, inner);
  if (!whole?.properties && !whole?.anyOf?.some((branch) => branch.properties || branch.$ref)) return undefined;
  if (seen.has(nameOf(inner))) return undefined;
  const box = make('details', '', make('summary', 'members'));
  box.addEventListener('toggle', () => box.children.length > 1 || box.append(shape(api, inner, seen)));
  return box;
};
const rows = (api, list, seen = new Set()) => make('table', '', make('tbody', '', ...list.map(({ name, schema, required, description }) =>
  make('tr', '', make('td', '', make('code', name + (required ? '' : '?'))), make('td', '', make('code', typeOf(schema))),
    make('td', [description ?? schema?.description, boundsOf(schema)].filter(Boolean).join(' · '), insides(api, schema, seen))))));
const shape = (api, schema, seen = new Set()) => {
  const name = nameOf(schema);
  if (name && seen.has(name)) return make('p', name);
  const next = new Set(seen).add(name);
  const whole = resolve(api, schema) ?? {};
  if (whole.type === 'array') return make('div', '', make('p', 'A list of:'), shape(api, whole.items, next));
  const box = make('div', '');
  if (whole.description) box.append(make('p', whole.description));
  if (whole.properties) {
    box.append(rows(api, Object.entries(whole.properties).map(([key, value]) => ({
      name: key, schema: value, required: whole.required?.includes(key), description: value.description,
    })), next));
  }
  for (const branch of whole.anyOf ?? []) {
    if (branch.properties || branch.$ref) box.append(make('h3', 'one of'), shape(api, branch, next));
  }
  if (!whole.properties && !whole.anyOf) box.append(make('p', '', make('code', typeOf(whole))));
  return box;
};
const operation = (api, method, path, said) => {
  const row = make('details', '', make('summary', '', make('code', method.toUpperCase()), make('code', path), make('span', said.summary)));
  row.id = said.operationId;
  row.dataset.text = [method, path, said.summary, said.operationId, ...(said.tags ?? [])].join(' ').toLowerCase();
  row.addEventListener('toggle', () => {
    if (!row.open || row.children.length > 1) return;
    const box = make('div', '', make('p', said.description));
    const parameters = (said.parameters ?? []).map((each) => resolve(api, each));
    if (parameters.length) {
      box.append(make('h3', 'Parameters'), rows(api, parameters.map((each) => ({ ...each, name: each.in === 'header' ? each.name + ' (header)' : each.name }))));
    }
    const body = said.requestBody?.content['application/json'].schema;
    if (body) box.append(make('h3', 'Body' + (nameOf(body) ? ': ' + nameOf(body) : '')), shape(api, body));
    for (const [status, answer] of Object.entries(said.responses)) {
      const { description, content = {} } = resolve(api, answer);
      const [type, { schema, itemSchema } = {}] = Object.entries(content)[0] ?? [];
      box.append(make('h3', status + ' ' + (type ?? '')), make('p', description));
      if (status < '3') box.append(shape(api, itemSchema ?? schema));
    }
    row.append(box);
  });
  return row;
};
const show = (api) => {
  document.getElementById('about').replaceWith(make('p', api.info.version + '. ' + api.info.description));
  const list = document.getElementById('routes');
  const groups = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, said] of Object.entries(methods)) {
      const tag = said.tags[0];
      if (!groups.has(tag)) groups.set(tag, make('section', '', make('h2', tag)));
      groups.get(tag).append(operation(api, method, path, said));
    }
  }
  list.replaceChildren(...groups.values());
  const search = document.getElementById('search');
  search.addEventListener('input', () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    for (const group of groups.values()) {
      const routes = [...group.children].filter((each) => each.dataset.text);
      for (const row of routes) row.hidden = !words.every((word) => row.dataset.text.includes(word));
      group.hidden = routes.every((row) => row.hidden);
    }
  });
  const named = document.getElementById(location.hash.slice(1));
  if (named) { named.open = true; named.scrollIntoView(); }
};
fetch('openapi.json').then((answer) => answer.json()).then(show).catch((error) => {
  document.getElementById('routes').textContent = 'The description could not be read: ' + error.message;
});
`;

/** What stands at the address that a runtime prints. Its links are relative: a proxy may put a path before it. */
export const frontPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Runctl</title>
<p>This is a Runctl runtime.
<p><a href="v1/docs">/v1/docs</a> describes its API, <a href="v1/openapi.json">/v1/openapi.json</a> does so for programs.
</html>
`;

/** Shows `/v1/openapi.json`: routes to search, with their parameters, bodies and answers. Asks nobody else for anything. */
export const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Runctl API</title>
<style>${docsStyle}</style>
</head>
<body>
<h1>Runctl API</h1>
<p id="about"></p>
<p>The same for programs: <a href="openapi.json">openapi.json</a></p>
<input id="search" type="search" placeholder="Search routes" aria-label="Search routes" autofocus>
<main id="routes">Loading</main>
<script>${docsScript}</script>
</body>
</html>
`;
