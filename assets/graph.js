// Draws series of results. What is drawn (domain, ticks, bands, marks, words) is decided on the server; here it becomes SVG of
// the size of its box. Graphs of one page share a window of time; any value can be read by mouse, touch and keys, and in a table.
import { createElement as h, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "./i18n";

const PAD = { left: 58, right: 104, top: 14, bottom: 46 };
const PHONE = { left: 46, right: 18, top: 14, bottom: 46 };

// The shared window, as parts of the whole time axis.
let shared = [0, 1];
const listeners = new Set();
const subscribe = (f) => { listeners.add(f); return () => listeners.delete(f); };
const show = (from, to) => {
  const width = Math.min(Math.max(to - from, 0.01), 1);
  const start = Math.min(Math.max(from, 0), 1 - width);
  shared = [start, start + width];
  listeners.forEach((f) => f());
};
const zoom = (factor, around) => {
  const [from, to] = shared;
  const middle = around === undefined ? (from + to) / 2 : Math.min(Math.max(around, from), to);
  show(middle - (middle - from) * factor, middle + (to - middle) * factor);
};
const pan = (part) => { const [from, to] = shared; show(from + (to - from) * part, to + (to - from) * part); };
const useWindow = () => useSyncExternalStore(subscribe, () => shared, () => shared);

export const GraphTools = ({ words, of }) => {
  const [from, to] = useWindow();
  useEffect(() => show(0, 1), [of]);
  const tool = (key, text, run, off) => h("button", { key, type: "button", className: "btn", disabled: off, onClick: run }, text);
  return h("div", { className: "no-print flex flex-wrap gap-1", role: "group", "aria-label": words.tools },
    tool("in", words.closer, () => zoom(0.5)), tool("out", words.wider, () => zoom(2), to - from > 0.999),
    tool("back", words.earlier, () => pan(-0.5), from < 0.001), tool("on", words.later, () => pan(0.5), to > 0.999),
    tool("all", words.whole, () => show(0, 1), to - from > 0.999));
};

const mark = (point, x, y, bottom, last) => {
  const r = last ? 6.5 : 4.5;
  const key = { key: "mark" };
  if (point.shape === "up") return h("path", { ...key, className: "dot-abnormal", d: `M${x} ${y - r - 1}l${r + 1.5} ${2 * r}h${-2 * r - 3}z` });
  if (point.shape === "down") return h("path", { ...key, className: "dot-abnormal", d: `M${x} ${y + r + 1}l${r + 1.5} ${-2 * r}h${-2 * r - 3}z` });
  if (point.shape === "under") return h("path", { ...key, className: "dot-hollow", d: `M${x} ${y + r + 1}l${r + 1.5} ${-2 * r}h${-2 * r - 3}z` });
  if (point.shape === "over") return h("path", { ...key, className: "dot-hollow", d: `M${x} ${y - r - 1}l${r + 1.5} ${2 * r}h${-2 * r - 3}z` });
  if (point.shape === "square") return h("rect", { ...key, className: "dot-abnormal", x: x - r, y: y - r, width: 2 * r, height: 2 * r });
  if (point.shape === "bar") {
    const w = last ? 6 : 4.5;
    const look = point.className.replace("value-", "bar-") || "bar-plain";
    return h("path", { ...key, className: `bar ${look}`, strokeWidth: last ? 3.5 : 2,
      d: `M${x - w} ${y}h${2 * w}M${x} ${y}V${bottom}M${x - w} ${bottom}h${2 * w}` });
  }
  if (point.shape === "diamond") {
    const d = r + 2.5;
    return h("g", key, h("path", { className: "dot-critical", d: `M${x} ${y - d}l${d} ${d}l${-d} ${d}l${-d} ${-d}z` }),
      h("path", { d: `M${x - 2.5} ${y}h5M${x} ${y - 2.5}v5`, stroke: "#fff", strokeWidth: 1.5 }));
  }
  return h("circle", { ...key, className: point.shape === "ring" ? "dot-hollow" : "dot", cx: x, cy: y, r });
};

const Table = ({ series, words, t, name }) => {
  const [open, setOpen] = useState(false);
  const heads = [words.when, words.value, words.flag, words.range, words.status];
  const row = (key, cells) => h("tr", { key }, h("th", { scope: "row", key: "when" }, cells[0]), cells.slice(1).map((one, i) => h("td", { key: i }, one)));
  const rows = () => [...series.points].reverse().map((p) => row(p.id || p.at, [p.when, h("span", { className: `nums ${p.className}` }, p.text),
    `${p.flag} ${t(p.words)}`.trim(), p.limits || t("No range"), t(p.status)]))
    .concat(series.listed.map((one, i) => row(`n${one.id || i}`, [one.when || words.undated, one.text, "", "", `${words.notDrawn}: ${t(one.why)}`])));
  return h("details", { className: "mt-2", onToggle: (event) => setOpen(event.currentTarget.open) },
    h("summary", { className: "link cursor-pointer hair" }, words.table),
    open && h("div", { className: "grid-scroll", role: "region", tabIndex: 0, "aria-label": `${words.table}: ${name}` },
      h("table", { className: "table" }, h("caption", { className: "sr" }, series.axis || series.title),
        h("thead", null, h("tr", null, heads.map((head) => h("th", { key: head, scope: "col", style: { textAlign: "start" } }, head)))),
        h("tbody", null, rows()))));
};

export const ResultGraph = ({ series, words }) => {
  const t = useTranslation();
  const box = useRef(null);
  const [width, setWidth] = useState(720);
  const [chosen, setChosen] = useState(-1);
  const [from, to] = useWindow();
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(280, Math.floor(entry.contentRect.width))));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => setChosen(-1), [series?.key]);
  const points = series?.points ?? [];
  if (!points.length) return h("div", { ref: box }, series?.listed?.length ? h(Table, { series, words, t, name: series.title }) : null);
  const phone = width < 560;
  const pad = phone ? PHONE : PAD;
  const height = phone ? 280 : 300;
  const { left, top } = pad;
  const right = width - pad.right;
  const bottom = height - pad.bottom;
  const whole = series.end - series.start || 1;
  const [start, end] = [series.start + whole * from, series.start + whole * to];
  const zoomed = to - from < 0.999;
  const x = (at) => left + 10 + ((at - start) / (end - start || 1)) * (right - left - 20);
  const y = (v) => bottom - ((v - series.floor) / (series.ceiling - series.floor || 1)) * (bottom - top);
  const last = points.length - 1;
  const at = chosen < 0 ? last : Math.min(chosen, last);
  const now = points[at];
  const nearest = (event) => {
    const px = event.clientX - box.current.getBoundingClientRect().left;
    setChosen(points.reduce((best, p, i) => (Math.abs(x(p.at) - px) < Math.abs(x(points[best].at) - px) ? i : best), 0));
  };
  const choose = (index) => {
    const to_ = Math.min(Math.max(index, 0), last);
    const place = (points[to_].at - series.start) / whole;
    if (place < from || place > to) show(place - (to - from) / 2, place + (to - from) / 2);
    setChosen(to_);
  };
  const onKeyDown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const place = (now.at - series.start) / whole;
    const run = {
      ArrowLeft: () => (event.shiftKey ? pan(-0.25) : choose(at - 1)), ArrowRight: () => (event.shiftKey ? pan(0.25) : choose(at + 1)),
      Home: () => choose(0), End: () => choose(last), PageUp: () => choose(at - 10), PageDown: () => choose(at + 10),
      "+": () => zoom(0.5, place), "=": () => zoom(0.5, place), "-": () => zoom(2, place), 0: () => show(0, 1), Escape: () => setChosen(-1),
    }[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  };
  const date = (moment) => {
    const parts = new Intl.DateTimeFormat("en-GB", { timeZone: series.zone.replaceAll(" ", "_"), day: "2-digit", month: "short", year: "numeric" }).formatToParts(moment);
    const get = (type) => parts.find((one) => one.type === type).value;
    return `${get("day")}-${get("month").slice(0, 3)}-${get("year")}`;
  };
  const near = zoomed && series.zone ? [0, 1, 2, 3, 4].map((i) => ({ at: start + ((end - start) * i) / 4 })).map((tick) => ({ ...tick, text: date(tick.at) }))
    : series.dates.filter((tick) => tick.at >= start - 1 && tick.at <= end + 1);
  const ticks = near.filter((_, i, all) => !phone || all.length < 4 || i % 2 === (all.length - 1) % 2);
  const clip = `clip-${series.key.replace(/\W/g, "")}`;
  const inside = (p) => p.at >= start && p.at <= end;
  const drawn = [];
  series.bands.forEach((band, i) => {
    const begin = i === 0 && band.start <= points[0].at ? left : Math.max(left, x(band.start));
    const stop = i === series.bands.length - 1 && band.end >= points[last].at ? right : Math.min(right, x(band.end));
    if (stop <= begin) return;
    const upper = y(Math.min(band.high ?? series.ceiling, series.ceiling));
    const lower = y(Math.max(band.low ?? series.floor, series.floor));
    drawn.push(h("rect", { key: `band${i}`, className: "band", x: begin, y: upper, width: stop - begin, height: Math.max(0, lower - upper) }));
    for (const [edge, value] of [["high", band.high], ["low", band.low]])
      if (value != null) drawn.push(h("line", { key: `${edge}${i}`, className: "band-edge", x1: begin, x2: stop, y1: y(value), y2: y(value) }));
  });
  series.levels.forEach((tick) => drawn.push(
    h("line", { key: `r${tick.value}`, className: "rule", x1: left, x2: right, y1: y(tick.value), y2: y(tick.value) }),
    h("text", { key: `l${tick.value}`, x: left - 8, y: y(tick.value) + 4, textAnchor: "end" }, tick.text)));
  ticks.forEach((tick, i) => drawn.push(
    h("line", { key: `t${tick.at}`, className: "axis", x1: x(tick.at), x2: x(tick.at), y1: bottom, y2: bottom + 5 }),
    h("text", { key: `d${tick.at}`, x: x(tick.at), y: bottom + 20,
      textAnchor: i === 0 && ticks.length > 1 ? "start" : i === ticks.length - 1 && phone && ticks.length > 1 ? "end" : "middle" }, tick.text)));
  const joined = points.filter((p) => p.shape !== "bar" && p.shape !== "under" && p.shape !== "over");
  const time = series.zone ? t("Date of collection ({zone})", { zone: series.zone }) : words.age;
  drawn.push(
    h("path", { key: "axes", className: "axis", fill: "none", d: `M${left} ${top}V${bottom}H${right}` }),
    h("text", { key: "xname", x: (left + right) / 2, y: height - 6, textAnchor: "middle" }, time),
    h("clipPath", { key: "clip", id: clip }, h("rect", { x: left, y: 0, width: right - left, height })),
    h("path", { key: "thread", className: "thread", clipPath: `url(#${clip})`, d: joined.map((p, i) => `${i ? "L" : "M"}${x(p.at)} ${y(p.value)}`).join("") }));
  if (chosen >= 0 && inside(now)) drawn.push(h("line", { key: "cross", className: "cross", x1: x(now.at), x2: x(now.at), y1: top, y2: bottom }));
  points.forEach((p, i) => inside(p) && drawn.push(
    h("g", { key: `p${p.id || i}`, className: "point", "data-at": i }, mark(p, x(p.at), y(p.value), p.bottom == null ? 0 : y(p.bottom), i === last))));
  if (!phone && inside(points[last])) drawn.push(
    h("text", { key: "lastv", className: "strong", x: x(points[last].at) + 14, y: y(points[last].value) + 1, style: { fontSize: 15 } }, points[last].short),
    h("text", { key: "lastu", x: x(points[last].at) + 14, y: y(points[last].value) + 16 }, series.unit));
  const spoken = [now.text, t(now.words), t(now.status), now.limits ? `${words.range} ${now.limits}` : t("No range"), now.when].filter(Boolean).join(", ");
  return h("div", { ref: box, className: "graph" },
    h("p", { style: { margin: "0.5rem 0 0", fontWeight: 600, fontSize: "0.75rem" } }, series.axis),
    h("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "slider", tabIndex: 0, "aria-label": `${series.axis}. ${series.who}. ${words.keys}`,
      "aria-valuemin": 1, "aria-valuemax": last + 1, "aria-valuenow": at + 1, "aria-valuetext": spoken, style: { touchAction: "pan-y", display: "block", maxWidth: "100%" },
      onMouseMove: nearest, onMouseLeave: () => setChosen(-1), onPointerDown: nearest, onKeyDown }, drawn),
    h("p", { className: "nums", style: { margin: "0.25rem 0 0", minHeight: "1.5em" } },
      chosen < 0 ? h("span", { className: "label no-print" }, words.keys) : [
        h("span", { key: "n", className: "label" }, `${at + 1} / ${points.length} `),
        h("strong", { key: "v", className: now.className }, now.text), h("span", { key: "f" }, ` ${now.flag} ${now.flag ? t(now.words) : ""} `),
        h("span", { key: "w", className: "label" }, now.when)]),
    series.thinned && h("p", { className: "label", style: { margin: "0.25rem 0 0" } },
      t("{drawn} of {count} results are drawn: the lowest and the highest of each span of time, and the critical ones. A shorter period draws each.",
        { drawn: points.length, count: series.count.toLocaleString("en-US") })),
    series.listed.length > 0 && h("p", { className: "label", style: { margin: "0.25rem 0 0" } }, t("{n} not drawn, listed in the table of the values.", { n: series.listed.length })),
    h(Table, { series, words, t, name: `${series.axis}, ${time}` }));
};
