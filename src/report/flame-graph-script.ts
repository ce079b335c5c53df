/** The page's script: draws all flame graphs of the page. Sent as text, it uses nothing from outside itself. */
export const flameScript = `"use strict";
for (const section of document.querySelectorAll(".flame")) {
  const { names, places, nodes } = JSON.parse(section.querySelector("script").textContent);
  const canvas = section.querySelector("canvas");
  const input = section.querySelector("input");
  const about = section.querySelector(".flame-about");
  const found = section.querySelector("output");
  const count = nodes.length / 3;
  const functionOf = (node) => nodes[node * 3];
  const parentOf = (node) => nodes[node * 3 + 1];
  const totalOf = (node) => nodes[node * 3 + 2];
  const children = Array.from({ length: count }, () => []);
  for (let node = 1; node < count; node++) children[parentOf(node)].push(node);
  for (const list of children) list.sort((a, b) => totalOf(b) - totalOf(a));
  const depths = new Int32Array(count);
  const starts = new Float64Array(count);
  let deepest = 0;
  for (const stack = [0]; stack.length > 0; ) {
    const node = stack.pop();
    let at = starts[node];
    for (const child of children[node]) {
      depths[child] = depths[node] + 1;
      deepest = Math.max(deepest, depths[child]);
      starts[child] = at;
      at += totalOf(child);
      stack.push(child);
    }
  }
  const rowHeight = 20;
  const hues = { node: 150, package: 265, program: 28, none: 210 };
  const colors = names.map((name, fn) => {
    const place = places[fn];
    const owner = place === "" ? "none" : place.startsWith("node:") ? "node" : /(?:^|[/\\\\])node_modules[/\\\\]/.test(place) ? "package" : "program";
    let hash = 0;
    for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) >>> 0;
    return [hues[owner] + (hash % 24) - 12, hash % 12];
  });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let zoomed = 0;
  let selected = 0;
  let matching = null;
  const ms = (us) => us < 1000 ? (us / 1000).toFixed(2) + " ms" : us < 1e6 ? (us / 1000).toFixed(0) + " ms" : (us / 1e6).toFixed(2) + " s";
  const share = (node) => (100 * totalOf(node) / Math.max(1, totalOf(0))).toFixed(1) + " %";
  const isOnWay = (node) => { for (let at = zoomed; at >= 0; at = parentOf(at)) if (at === node) return true; return false; };
  const boxOf = (node, width) => {
    if (isOnWay(node)) return [0, width];
    const whole = Math.max(1, totalOf(zoomed));
    const from = (starts[node] - starts[zoomed]) / whole * width;
    return [from, totalOf(node) / whole * width];
  };
  /** Those that are wide enough to be seen, from the root on. */
  const visible = (width, each) => {
    const way = [];
    for (let at = zoomed; at >= 0; at = parentOf(at)) way.push(at);
    for (const node of way) each(node, 0, width);
    const stack = [...children[zoomed]];
    while (stack.length > 0) {
      const node = stack.pop();
      const [x, w] = boxOf(node, width);
      if (w < 0.3) continue;
      each(node, x, w);
      for (const child of children[node]) stack.push(child);
    }
  };
  const draw = () => {
    const width = section.clientWidth;
    let rows = 1;
    visible(width, (node) => { rows = Math.max(rows, depths[node] + 1); });
    // Browsers refuse canvases that are higher.
    const height = Math.min(rows * rowHeight, 16000);
    const ratio = Math.min(window.devicePixelRatio || 1, 32000 / Math.max(width, height, 1));
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = height + "px";
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    const night = dark.matches;
    visible(width, (node, x, w) => {
      const fn = functionOf(node);
      const y = depths[node] * rowHeight;
      const [hue, shade] = colors[fn];
      const dim = matching !== null && !matching.has(fn);
      context.fillStyle = "hsl(" + hue + " " + (dim ? 8 : 65) + "% " + (night ? (dim ? 20 : 30 + shade / 2) : (dim ? 90 : 74 + shade)) + "%)";
      context.fillRect(x, y, Math.max(0.5, w - 0.5), rowHeight - 1);
      if (node === selected) {
        context.strokeStyle = night ? "#fff" : "#000";
        context.lineWidth = 2;
        context.strokeRect(x + 1, y + 1, Math.max(1, w - 2), rowHeight - 3);
      }
      if (w < 28) return;
      context.save();
      context.beginPath();
      context.rect(x, y, w - 3, rowHeight);
      context.clip();
      context.fillStyle = night ? "#f2f4f6" : "#16191d";
      context.fillText(names[fn], x + 4, y + rowHeight / 2);
      context.restore();
    });
  };
  const tell = (node) => {
    const fn = functionOf(node);
    const own = totalOf(node) - children[node].reduce((sum, child) => sum + totalOf(child), 0);
    about.textContent = names[fn] + (places[fn] === "" ? "" : " (" + places[fn] + ")") + ": " + ms(totalOf(node)) + ", " + share(node) + " of the busy time; " + ms(own) + " in itself";
  };
  const select = (node) => { selected = node; tell(node); draw(); };
  const zoom = (node) => { zoomed = node; select(node); };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top) / rowHeight);
    const x = event.clientX - box.left;
    let hit = -1;
    visible(section.clientWidth, (node, from, w) => { if (depths[node] === row && x >= from && x < from + w) hit = node; });
    return hit;
  };
  canvas.addEventListener("mousemove", (event) => { const node = at(event); if (node >= 0) tell(node); });
  canvas.addEventListener("mouseleave", () => tell(selected));
  canvas.addEventListener("click", (event) => { const node = at(event); if (node >= 0) zoom(node); });
  const sibling = (step) => {
    if (selected === 0) return selected;
    const list = children[parentOf(selected)];
    return list[list.indexOf(selected) + step] ?? selected;
  };
  const moves = {
    ArrowDown: () => select(children[selected][0] ?? selected),
    ArrowUp: () => { const up = Math.max(0, parentOf(selected)); if (isOnWay(selected)) zoom(up); else select(up); },
    ArrowLeft: () => { if (!isOnWay(selected)) select(sibling(-1)); },
    ArrowRight: () => { if (!isOnWay(selected)) select(sibling(1)); },
    Enter: () => zoom(selected),
    Escape: () => zoom(0),
    Home: () => zoom(0),
    "/": () => input.focus(),
  };
  canvas.addEventListener("keydown", (event) => {
    const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  });
  const search = () => {
    const words = input.value.trim().toLowerCase();
    matching = words === "" ? null : new Set(names.flatMap((name, fn) => (name + " " + places[fn]).toLowerCase().includes(words) ? [fn] : []));
    let us = 0;
    // A match within a match counts once.
    for (const stack = matching === null ? [] : [0]; stack.length > 0; ) {
      const node = stack.pop();
      if (matching.has(functionOf(node))) us += totalOf(node);
      else for (const child of children[node]) stack.push(child);
    }
    found.textContent = matching === null ? "" : matching.size + " functions, " + (100 * us / Math.max(1, totalOf(0))).toFixed(1) + " %";
    draw();
  };
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { input.value = ""; search(); canvas.focus(); }
    if (event.key === "Enter") canvas.focus();
  });
  section.querySelector("button").addEventListener("click", () => zoom(0));
  dark.addEventListener("change", draw);
  let drawnWidth = 0;
  new ResizeObserver(() => { if (section.clientWidth !== drawnWidth) { drawnWidth = section.clientWidth; draw(); } }).observe(section);
  zoom(0);
}
`;
