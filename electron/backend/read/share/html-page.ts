import { hash } from 'node:crypto';

/**
 * The page that a handed-on run is read in: it asks for nothing, and whatever stands in a run stands in it as text. The steps are data
 * blocks behind the script, read when they are opened, so that the list is there before ten thousand steps are.
 */

const style = `
:root{color-scheme:dark light;--bg:light-dark(#fff,#121519);--bg2:light-dark(#f2f4f7,#181c21);--sel:light-dark(#e3eefe,#1d2b3f);--line:light-dark(#e2e6ec,#262c33);--fg:light-dark(#14181d,#e9edf2);--fg2:light-dark(#5a6473,#8e98a7);--err:light-dark(#b5232e,#f4757e);--accent:light-dark(#1a5fd0,#5b9dff)}
:root[data-theme=dark]{color-scheme:dark}:root[data-theme=light]{color-scheme:light}
*{box-sizing:border-box}html,body{height:100%;margin:0}
body{display:grid;grid-template:auto minmax(0,1fr)/minmax(280px,42%) minmax(0,1fr);background:var(--bg);color:var(--fg);font:13px/19px Inter,system-ui,sans-serif}
header{grid-column:1/3;display:flex;gap:12px;align-items:baseline;padding:10px 16px;border-bottom:1px solid var(--line)}
h1{font-size:15px;margin:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}header p{margin:0;color:var(--fg2);flex:1}
button{font:inherit;color:inherit;background:var(--bg2);border:1px solid var(--line);border-radius:5px;padding:2px 10px}
nav{min-height:0}#list{height:100%;overflow:auto;border-right:1px solid var(--line);outline-offset:-2px}#rows{position:relative}
.row{position:absolute;left:0;right:0;height:28px;display:grid;grid-template-columns:44px 84px 1fr auto;gap:8px;align-items:center;padding:0 12px;cursor:default;white-space:nowrap}
.row>*{overflow:hidden;text-overflow:ellipsis}.row[aria-selected=true]{background:var(--sel)}
.row span:first-child,.row .kind,.row .figures{color:var(--fg2);font-variant-numeric:tabular-nums}.row .failed{color:var(--err)}
main{overflow:auto;padding:12px 20px}h2{font-size:14px;margin:0 0 4px}h3{font-size:12px;color:var(--fg2);margin:16px 0 4px;font-weight:600}
pre{margin:0 0 8px;padding:8px 10px;background:var(--bg2);border:1px solid var(--line);border-radius:6px;font:11.5px/18px ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.note{color:var(--fg2);margin:0 0 8px}:focus-visible{outline:2px solid var(--accent)}
`;

const script = String.raw`
'use strict';
const byId = (id) => document.getElementById(id);
const run = JSON.parse(byId('run').textContent);
const list = byId('list'), rows = byId('rows'), main = byId('step');
const height = 28, steps = run.steps;
let selected = -1;
function add(parent, name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  parent.append(made);
  return made;
}
function draw() {
  const first = Math.max(0, Math.floor(list.scrollTop / height) - 10);
  const last = Math.min(steps.length, first + Math.ceil(list.clientHeight / height) + 20);
  rows.replaceChildren();
  for (let at = first; at < last; at++) {
    const step = steps[at];
    const row = add(rows, 'div', undefined, 'row');
    row.setAttribute('role', 'option');
    row.id = 'row-' + at;
    row.setAttribute('aria-selected', String(at === selected));
    row.setAttribute('aria-setsize', String(steps.length));
    row.setAttribute('aria-posinset', String(at + 1));
    row.style.top = at * height + 'px';
    add(row, 'span', String(at));
    add(row, 'span', step.kind, 'kind');
    const name = add(row, 'span', (step.failed ? '▲ ' : '') + step.name, step.failed ? 'failed' : '');
    name.style.paddingLeft = Math.min(step.depth, 12) * 12 + 'px';
    add(row, 'span', step.figures, 'figures');
    row.onclick = () => go(at);
  }
}
function go(at) { location.hash = '#/step/' + at; }
function text(parent, title, value) {
  add(parent, 'h3', title);
  add(parent, 'pre', value);
}
let waits = false;
function show() {
  const wanted = /^#\/step\/(\d{1,7})$/.exec(location.hash);
  const at = Math.min(steps.length - 1, wanted ? Number(wanted[1]) : 0);
  if (at < 0) return;
  const block = byId('s' + at);
  if (!block && document.readyState === 'loading') {
    if (!waits) document.addEventListener('DOMContentLoaded', show);
    waits = true;
  }
  selected = at;
  const top = at * height;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + height > list.scrollTop + list.clientHeight) list.scrollTop = top + height - list.clientHeight;
  draw();
  list.setAttribute('aria-activedescendant', 'row-' + at);
  main.replaceChildren();
  add(main, 'h2', at + ' · ' + steps[at].name);
  add(main, 'p', [steps[at].kind, steps[at].model, steps[at].figures].filter(Boolean).join(' · '), 'note');
  if (block) for (const [title, value] of JSON.parse(block.textContent)) value === null ? add(main, 'p', title, 'note') : text(main, title, value);
  main.scrollTop = 0;
}
rows.style.height = steps.length * height + 'px';
list.addEventListener('scroll', draw);
addEventListener('resize', draw);
addEventListener('hashchange', show);
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const failed = (by) => { for (let at = selected + by; steps[at]; at += by) if (steps[at].failed) return at; return selected; };
  const to = { j: selected + 1, ArrowDown: selected + 1, k: selected - 1, ArrowUp: selected - 1, Home: 0, End: steps.length - 1, e: failed(1), E: failed(-1) }[event.key];
  if (to === undefined || (event.key.length > 1 && document.activeElement !== list && document.activeElement !== document.body)) return;
  event.preventDefault();
  go(Math.max(0, Math.min(steps.length - 1, to)));
});
byId('theme').onclick = () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
};
show();
`;

const digest = (text: string): string => `'sha256-${hash('sha256', text, 'base64')}'`;

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** JSON that no reader of HTML takes for anything else: neither the end of a script nor the beginning of a comment is in it. */
export function dataBlock(id: string, value: unknown): string {
  const json = JSON.stringify(value)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('\u2028', String.raw`\u2028`);
  return `<script type="application/json" id="${id}">${json}</script>\n`;
}

/** All before the data blocks of the steps. `index`: the data block of the run. */
export function pageStart({
  title,
  words,
  index,
}: {
  readonly title: string;
  readonly words: string;
  readonly index: string;
}): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${digest(style)}; script-src ${digest(script)}">
<meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${style}</style></head>
<body><header><h1>${escapeHtml(title)}</h1><p>${escapeHtml(words)}</p><button id="theme" type="button">Dark or light</button></header>
<nav><div id="list" role="listbox" tabindex="0" aria-label="Steps"><div id="rows" role="presentation"></div></div></nav>
<main id="step" tabindex="0" aria-label="Step"></main>
${index}<script>${script}</script>
`;
}

export const pageEnd = '</body></html>\n';
