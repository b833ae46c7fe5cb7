--- The style sheet of the status page. Everything is readable in light and in
-- dark, without colours, and 320 pixels wide: states have words and signs,
-- lines have names, and those of trouble are dashed.

return [[
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #ffffff; --edge: #dfe3e8;
  --text: #16191d; --quiet: #56606b;
  --line: #1d5fc4; --area: #1d5fc41f; --track: #e4e8ed;
  --good: #136c34; --warn: #8a4b00; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1216; --card: #181d23; --edge: #2b333c;
    --text: #e8ebee; --quiet: #a3adb8;
    --line: #7fb4ff; --area: #7fb4ff26; --track: #2b333c;
    --good: #6fd08c; --warn: #f2b35e; --bad: #ff9288;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.5rem 1rem;
  background: var(--page); color: var(--text);
  font: 400 0.9375rem/1.45 system-ui, -apple-system, "Segoe UI", Roboto,
    "Noto Sans", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%; text-size-adjust: 100%;
}
h1, h2, p, dl, dd { margin: 0; }
.pairs + .sparkline { margin-top: 0.5rem; }
h1 { font-size: 1.375rem; font-weight: 650; letter-spacing: -0.01em; }
h2 { font-size: 1rem; font-weight: 650; }
a { color: var(--line); text-underline-offset: 0.15em; }
a:focus-visible { outline: 2px solid var(--line); outline-offset: 3px; }
code { font: 0.9em ui-monospace, "Cascadia Mono", Menlo, "DejaVu Sans Mono",
  "Liberation Mono", monospace; }
.quiet { color: var(--quiet); }
.small { font-size: 0.8125rem; }

header {
  display: flex; flex-wrap: wrap; gap: 0.75rem 1.5rem;
  align-items: center; justify-content: space-between; margin-bottom: 1.25rem;
}
header .quiet { overflow-wrap: anywhere; }
.state {
  padding: 0.4rem 0.9rem; border: 1.5px solid currentColor;
  border-radius: 1.1rem; background: var(--card); font-weight: 600;
}
.ok { color: var(--good); }
.degraded { color: var(--warn); }
.breaker_open { color: var(--bad); }

.tiles {
  display: grid; gap: 0.75rem; margin-bottom: 0.75rem;
  grid-template-columns: repeat(3, minmax(0, 1fr));
}
.tiles > div, section {
  background: var(--card); border: 1px solid var(--edge);
  border-radius: 0.75rem;
}
.tiles > div { padding: 0.75rem 1rem; }
dt { color: var(--quiet); font-size: 0.8125rem; }
.tiles .figure {
  font-size: 1.5rem; font-weight: 620; line-height: 1.3;
  letter-spacing: -0.01em;
}

main, main > div {
  display: grid; gap: 0.75rem; grid-template-columns: minmax(0, 1fr);
  align-content: start;
}
section { padding: 1rem; }
section > .small { margin: 0.1rem 0 0.6rem; }
@media (min-width: 60rem) {
  main { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tiles { grid-template-columns: repeat(6, minmax(0, 1fr)); }
}

table { width: 100%; border-collapse: collapse; }
th, td {
  padding: 0.3rem 0 0.3rem 0.75rem; text-align: left; vertical-align: middle;
  border-top: 1px solid var(--edge);
}
th:first-child, td:first-child { padding-left: 0; }
thead th, thead td {
  border-top: 0; color: var(--quiet); font-size: 0.8125rem; font-weight: 400;
}
tbody th { font-weight: 500; }
.number { text-align: right; white-space: nowrap; }
.none th, .none td { color: var(--quiet); font-weight: 400; }
.picture { width: 45%; }
svg { display: block; width: 100%; }
.sparkline { height: 1.75rem; overflow: visible; }
.line {
  fill: none; stroke: var(--line); stroke-width: 1.5;
  stroke-linejoin: round; stroke-linecap: round;
  vector-effect: non-scaling-stroke;
}
.area { fill: var(--area); }
.trouble .line { stroke: var(--bad); stroke-dasharray: 5 3; }
.trouble .area { fill: none; }
.none .line { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 1 4; }
.bar { height: 0.5rem; border-radius: 0.25rem; }
.track { fill: var(--track); }
.fill { fill: var(--line); }
.pairs {
  display: grid; gap: 0.5rem 1rem; margin-top: 0.75rem;
  grid-template-columns: repeat(auto-fit, minmax(6.5rem, 1fr));
}
.pairs dd { font-weight: 600; }

footer {
  display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin-top: 1rem;
}
@media (max-width: 30rem) {
  body { padding: 1rem 0.75rem; }
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .picture { width: 33%; }
  th, td { padding-left: 0.5rem; }
}
@media (forced-colors: active) {
  .line { stroke: CanvasText; }
  .area { fill: none; }
  .fill { fill: CanvasText; }
  .bar { border: 1px solid CanvasText; }
}
@media print { body { background: none; } }
]]
