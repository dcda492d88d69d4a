/** The looks of the report, in both kinds of light. */
export const PAGE_STYLE = `
:root{--page:#f6f8fa;--card:#fff;--ink:#1f2328;--faint:#656d76;--line:#d9dee3;--good:#116329;--good-bg:#dafbe1;--bad:#a40e26;--bad-bg:#ffebe9;--warn:#7d4e00}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--card:#161b22;--ink:#e6edf3;--faint:#8d96a0;--line:#2d333b;--good:#56d364;--good-bg:#12261e;--bad:#ff7b72;--bad-bg:#30171b;--warn:#d29922}}
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1120px;margin:0 auto;padding:40px 20px 64px}
h1{font-size:27px;line-height:1.25;margin:2px 0 18px;letter-spacing:-.01em;text-wrap:balance}h2{font-size:16px;margin:0 0 10px}
.kicker,.faint{color:var(--faint);margin:0;font-size:13.5px}
.banner{border-radius:10px;padding:14px 18px;display:flex;flex-direction:column;gap:2px}
.banner strong{font-size:17px}.banner span{font-size:13.5px;color:var(--faint)}
.good{background:var(--good-bg)}.good strong{color:var(--good)}.bad{background:var(--bad-bg)}.bad strong{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(158px,1fr));gap:12px;margin:16px 0}
.tile,figure,.columns>div,main>section:not([class]){background:var(--card);border:1px solid var(--line);border-radius:10px}
.tile{padding:13px 16px;display:flex;flex-direction:column}.tile span,.tile small{color:var(--faint);font-size:12.5px}.tile b{font-size:24px;font-weight:650;letter-spacing:-.01em;font-variant-numeric:tabular-nums}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(470px,100%),1fr));gap:12px}
figure{margin:0;padding:18px 18px 12px;position:relative}figure svg{display:block;width:100%;height:auto;touch-action:pan-y}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(470px,100%),1fr));gap:12px;margin:12px 0}
.columns>div,main>section:not([class]){padding:18px;margin-bottom:12px;min-width:0}.columns>div{margin:0}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px 6px 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th{text-align:left;font-weight:500}
tbody tr:last-child>*{border-bottom:0}thead td,thead th{color:var(--faint);font-weight:400}.facts td{text-align:left;white-space:normal}.facts th{color:var(--faint);vertical-align:top}
p{margin:0 0 10px;max-width:80ch}.warning{color:var(--warn);font-weight:500}pre{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px;overflow:auto;font-size:12.5px}
.tip{position:absolute;pointer-events:none;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:6px 10px;font-size:12.5px;box-shadow:0 4px 16px #0003;white-space:nowrap;z-index:1}
.tip b{font-weight:600}.rule{stroke:var(--faint);stroke-width:1;stroke-dasharray:3 3}`;

/** Shows the values under the pointer. */
export const HOVER_SCRIPT = `
for (const svg of document.querySelectorAll('svg[data-hover]')) {
  const data = JSON.parse(svg.dataset.hover);
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  svg.parentElement.append(tip);
  const rule = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  rule.setAttribute('class', 'rule');
  rule.setAttribute('y1', data.top);
  rule.setAttribute('y2', data.bottom);
  const hide = () => { tip.hidden = true; rule.remove(); };
  svg.addEventListener('pointerleave', hide);
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const x = (event.clientX - box.left) / scale;
    if (x < data.left - 12 || x > data.right + 12) return hide();
    let near = 0;
    data.x.forEach(([at], index) => { if (Math.abs(at - x) < Math.abs(data.x[near][0] - x)) near = index; });
    const [at, label] = data.x[near];
    rule.setAttribute('x1', at);
    rule.setAttribute('x2', at);
    svg.append(rule);
    tip.replaceChildren();
    const head = document.createElement('b');
    head.textContent = label;
    tip.append(head);
    for (const line of data.lines) {
      const row = document.createElement('div');
      row.textContent = line.name + '  ' + (line.y[near] ? line.y[near][1] : '-');
      tip.append(row);
    }
    tip.hidden = false;
    const left = svg.offsetLeft + at * scale + 12;
    const fits = left + tip.offsetWidth < svg.parentElement.clientWidth - 4;
    tip.style.left = (fits ? left : left - tip.offsetWidth - 24) + 'px';
    tip.style.top = svg.offsetTop + data.top * scale + 'px';
  });
}`;
