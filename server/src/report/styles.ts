/** The look of a report: the colours of VS Code where it gives them, else those of the system, light or dark. */
export const styles = `
:root { color-scheme: light dark; --line: var(--vscode-panel-border, light-dark(#d8d8d8, #444)); --soft: var(--vscode-descriptionForeground, light-dark(#5f6368, #a0a4a8));
  --money: var(--vscode-charts-blue, light-dark(#1a6fc4, #4ea1f3)); --save: var(--vscode-charts-green, light-dark(#2e7d32, #73c991)); --over: var(--vscode-charts-red, light-dark(#c62828, #f48771)); }
body { margin: 0 auto; padding: 1rem 1.5rem 3rem; max-width: 62rem; line-height: 1.45; font: 14px/1.45 var(--vscode-font-family, system-ui, sans-serif);
  color: var(--vscode-editor-foreground, CanvasText); background: var(--vscode-editor-background, Canvas); }
h1 { font-size: 1.6em; font-weight: 600; margin: .6em 0 .2em; } h2 { font-size: 1.2em; font-weight: 600; margin: 2em 0 .4em; }
.sub, .note, small { color: var(--soft); } .totals { font-size: 1.25em; margin: .8em 0; } .totals p { margin: .15em 0; }
table { border-collapse: collapse; width: 100%; margin: .6em 0; } th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { padding: .35em .6em .35em 0; border-bottom: 1px solid var(--line); vertical-align: top; } td.number, th.number { text-align: right; white-space: nowrap; } td.saving, th.saving { padding-left: .6em; } td.saving:first-child, th.saving:first-child { padding-left: 0; }
td.saving { white-space: nowrap; font-weight: 600; color: var(--save); } caption { text-align: left; color: var(--soft); padding-bottom: .3em; }
a { color: var(--vscode-textLink-foreground, LinkText); } a:focus-visible, summary:focus-visible { outline: 2px solid var(--vscode-focusBorder, Highlight); outline-offset: 2px; }
code { font-family: var(--vscode-editor-font-family, ui-monospace, monospace); font-size: .92em; } td { overflow-wrap: anywhere; } td.where { width: 18rem; } .number, .saving { overflow-wrap: normal; } summary { cursor: pointer; color: var(--soft); }
svg { width: 100%; height: auto; display: block; margin: .4em 0; } svg text { font-size: 12px; dominant-baseline: central; fill: currentColor; } svg .value { paint-order: stroke; stroke: var(--vscode-editor-background, Canvas); stroke-width: 5; } svg .tick { fill: var(--soft); font-size: 11px; }
.grid { stroke: var(--line); } .bar { fill: var(--money); } .maybe { fill: var(--money); opacity: .4; } .part { fill: var(--save); } .bar.warn, .maybe.warn { fill: var(--over); } .limit { stroke: currentColor; stroke-width: 2; }
.key { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 .8em; vertical-align: -1px; } .key.bar { background: var(--money); } .key.maybe { background: var(--money); opacity: .4; } .key.part { background: var(--save); }
@media (forced-colors: active) { .bar { fill: Highlight; } .maybe { fill: GrayText; } .part { fill: Mark; } }
@media print { a { color: inherit; } }
`
