/** The HTML report's only style sheet: light or dark as the reader's system is, tables as cards on a narrow screen. */
export const htmlStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6570; --page: #fff; --panel: #f5f6f8; --line: #d9dee4;
  --baseline: #8a94a0; --peer: #b07d2b; --optimized: #1668b8; --better: #1668b8; --worse: #b3402a; --none: #8a94a0;
  --bad: #a3271b; --badpanel: #fdeeea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #9aa5b1; --page: #14171a; --panel: #1d2125;
  --line: #343b43; --baseline: #7d8894; --peer: #d0a04e; --optimized: #5aa7f0; --better: #5aa7f0; --worse: #ee7f68;
  --none: #7d8894; --bad: #ff9c8a; --badpanel: #3a1f1b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.1rem; margin: 2rem 0 .25rem; }
p, ul { margin: .5rem 0; } ul { padding-left: 1.2rem; } li { margin: .25rem 0; }
.meta, .about { color: var(--soft); }
.partial, .failed { background: var(--badpanel); color: var(--bad); padding: .6rem .8rem; border-radius: .4rem; }
.bad { color: var(--bad); font-weight: 600; }
figure { margin: 1rem 0; padding: .9rem; background: var(--panel); border-radius: .5rem; }
figcaption { color: var(--soft); font-size: .875rem; margin-top: .6rem; }
.pair { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; font-size: .875rem; }
svg { display: block; overflow: visible; margin-bottom: .5rem; }
svg.axis { margin: 0; } svg text { fill: var(--soft); font-size: 11px; }
svg .track { fill: var(--line); opacity: .45; } svg .whisker { stroke: var(--ink); stroke-width: 1.5; }
svg .tick { stroke: var(--line); } svg .one { stroke: var(--soft); stroke-dasharray: 3 3; }
.baseline { fill: var(--baseline); } .peer { fill: var(--peer); } .optimized { fill: var(--optimized); }
.better { fill: var(--better); } .worse { fill: var(--worse); } .no-difference { fill: var(--none); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .75rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line);
  overflow-wrap: break-word; }
th { color: var(--soft); font-weight: 600; }
pre { background: var(--panel); padding: .8rem; border-radius: .4rem; white-space: pre-wrap; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--soft); }
@media (max-width: 44rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; }
  tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { border: 0; padding: .15rem 0; display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .75rem; }
  td::before { content: attr(data-label); color: var(--soft); }
  td:first-child { display: block; font-weight: 600; } td:first-child::before { content: none; }
}
@media print { figure { break-inside: avoid; } }
`;
