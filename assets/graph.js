// Draws one series of results. What is drawn (domain, ticks, band, marks, words) is decided on the server;
// here it becomes SVG of the size of its box, and any point can be read by mouse, touch and keys.
import { createElement as h, useEffect, useRef, useState } from "react";

const PAD = { left: 58, right: 104, top: 14, bottom: 46 };
const PHONE = { left: 46, right: 18, top: 14, bottom: 46 };

const mark = (point, x, y, last) => {
  const r = last ? 6.5 : 4.5;
  const key = { key: "mark" };
  if (point.shape === "up") return h("path", { ...key, className: "dot-abnormal", d: `M${x} ${y - r - 1}l${r + 1.5} ${2 * r}h${-2 * r - 3}z` });
  if (point.shape === "down") return h("path", { ...key, className: "dot-abnormal", d: `M${x} ${y + r + 1}l${r + 1.5} ${-2 * r}h${-2 * r - 3}z` });
  if (point.shape === "square") return h("rect", { ...key, className: "dot-abnormal", x: x - r, y: y - r, width: 2 * r, height: 2 * r });
  if (point.shape === "diamond") {
    const d = r + 2.5;
    return h("g", key, h("path", { className: "dot-critical", d: `M${x} ${y - d}l${d} ${d}l${-d} ${d}l${-d} ${-d}z` }),
      h("path", { d: `M${x - 2.5} ${y}h5M${x} ${y - 2.5}v5`, stroke: "#fff", strokeWidth: 1.5 }));
  }
  return h("circle", { ...key, className: point.shape === "ring" ? "dot-hollow" : "dot", cx: x, cy: y, r });
};

export const ResultGraph = ({ series }) => {
  const box = useRef(null);
  const [width, setWidth] = useState(720);
  const [chosen, setChosen] = useState(-1);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(300, Math.floor(entry.contentRect.width))));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => setChosen(-1), [series?.key]);
  const points = series?.points ?? [];
  if (!points.length) return h("div", { ref: box });
  const phone = width < 560;
  const pad = phone ? PHONE : PAD;
  const height = phone ? 280 : 300;
  const { left, top } = pad;
  const right = width - pad.right;
  const bottom = height - pad.bottom;
  const x = (t) => left + 10 + ((t - series.start) / (series.end - series.start || 1)) * (right - left - 20);
  const y = (v) => bottom - ((v - series.floor) / (series.ceiling - series.floor || 1)) * (bottom - top);
  const last = points.length - 1;
  const at = chosen < 0 ? last : Math.min(chosen, last);
  const now = points[at];
  const nearest = (event) => {
    const px = event.clientX - box.current.getBoundingClientRect().left;
    setChosen(points.reduce((best, p, i) => (Math.abs(x(p.at) - px) < Math.abs(x(points[best].at) - px) ? i : best), 0));
  };
  const onKeyDown = (event) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setChosen(Math.min(Math.max(to, 0), last));
  };
  const ticks = series.dates.filter((_, i, all) => !phone || all.length < 4 || i % 2 === (all.length - 1) % 2);
  const drawn = [];
  const { low, high } = series.band ?? {};
  if (low != null || high != null) {
    const upper = y(Math.min(high ?? series.ceiling, series.ceiling));
    const lower = y(Math.max(low ?? series.floor, series.floor));
    drawn.push(h("rect", { key: "band", className: "band", x: left, y: upper, width: right - left, height: Math.max(0, lower - upper) }));
    for (const [edge, value] of [["high", high], ["low", low]])
      if (value != null) drawn.push(h("line", { key: edge, className: "band-edge", x1: left, x2: right, y1: y(value), y2: y(value) }));
  }
  series.levels.forEach((tick) => drawn.push(
    h("line", { key: `r${tick.value}`, className: "rule", x1: left, x2: right, y1: y(tick.value), y2: y(tick.value) }),
    h("text", { key: `l${tick.value}`, x: left - 8, y: y(tick.value) + 4, textAnchor: "end" }, tick.text)));
  ticks.forEach((tick, i) => drawn.push(
    h("line", { key: `t${tick.at}`, className: "axis", x1: x(tick.at), x2: x(tick.at), y1: bottom, y2: bottom + 5 }),
    h("text", { key: `d${tick.at}`, x: x(tick.at), y: bottom + 20,
      textAnchor: i === 0 && ticks.length > 1 ? "start" : i === ticks.length - 1 && phone && ticks.length > 1 ? "end" : "middle" }, tick.text)));
  drawn.push(
    h("path", { key: "axes", className: "axis", fill: "none", d: `M${left} ${top}V${bottom}H${right}` }),
    h("text", { key: "xname", x: (left + right) / 2, y: height - 6, textAnchor: "middle" }, series.time),
    h("path", { key: "thread", className: "thread", d: points.map((p, i) => `${i ? "L" : "M"}${x(p.at)} ${y(p.value)}`).join("") }));
  drawn.push(h("line", { key: "cross", className: "cross", x1: x(now.at), x2: x(now.at), y1: top, y2: bottom, opacity: chosen < 0 ? 0 : 1 }));
  points.forEach((p, i) => drawn.push(h("g", { key: p.id || i }, mark(p, x(p.at), y(p.value), i === last))));
  if (!phone) drawn.push(
    h("text", { key: "lastv", className: "strong", x: x(points[last].at) + 14, y: y(points[last].value) + 1, style: { fontSize: 15 } }, points[last].short),
    h("text", { key: "lastu", x: x(points[last].at) + 14, y: y(points[last].value) + 16 }, series.unit));
  return h("div", { ref: box, className: "graph" },
    h("p", { style: { margin: "0.5rem 0 0", fontWeight: 600, fontSize: "0.75rem" } }, series.axis),
    h("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "slider", tabIndex: 0, "aria-label": series.label,
      "aria-valuemin": 1, "aria-valuemax": last + 1, "aria-valuenow": at + 1, "aria-valuetext": now.spoken, style: { touchAction: "pan-y", display: "block" },
      onMouseMove: nearest, onMouseLeave: () => setChosen(-1), onPointerDown: nearest, onKeyDown }, drawn),
    h("p", { className: "nums", style: { margin: "0.25rem 0 0", minHeight: "1.5em" } },
      chosen < 0 ? h("span", { className: "label" }, "Point at the graph, or use the arrow keys on it, to read any value.") : [
        h("span", { key: "n", className: "label" }, `${at + 1} of ${points.length} `),
        h("strong", { key: "v", className: now.className }, now.text), h("span", { key: "f" }, ` ${now.flag} `),
        h("span", { key: "w", className: "label" }, now.when)]));
};
