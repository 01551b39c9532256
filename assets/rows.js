// A table of any length that renders only what is seen. The server sends one page of rows at a time; the pages are put together
// here, so that neither the server nor the socket carries the whole list twice. Rows may differ in height; they are measured.
import { createElement as h, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "./i18n";

const GUESS = 37;
const MORE = 8;

export const VirtualRows = ({ page, start, of, columns, label, onEndReached, onOpen }) => {
  const t = useTranslation();
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const [measured, setMeasured] = useState(0);
  const kept = useRef({ of: null, rows: [], heights: [] });
  const asked = useRef(-1);
  if (kept.current.of !== of) {
    kept.current = { of, rows: [], heights: [] };
    asked.current = -1;
  }
  const { rows, heights } = kept.current;
  // What came last is where the server stands: a list that was read again meanwhile goes on from there.
  if (kept.current.page !== page) {
    kept.current.page = page;
    rows.length = Math.min(rows.length, start);
    rows.push(...(page ?? []));
    asked.current = -1;
  }
  const count = rows.length;
  const tops = useMemo(() => {
    const sums = new Float64Array(count + 1);
    for (let i = 0; i < count; i += 1) sums[i + 1] = sums[i] + (heights[i] ?? GUESS);
    return sums;
  }, [count, measured, of]);
  const find = (y) => {
    let [low, high] = [0, count];
    while (low < high) { const middle = (low + high) >> 1; if (tops[middle + 1] <= y) low = middle + 1; else high = middle; }
    return low;
  };
  const first = Math.max(0, find(view.top) - MORE);
  const last = Math.min(count, find(view.top + view.height) + MORE + 1);
  useEffect(() => {
    const element = box.current;
    const read = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener("scroll", read, { passive: true });
    read();
    return () => { observer.disconnect(); element.removeEventListener("scroll", read); };
  }, []);
  useLayoutEffect(() => {
    let changed = false;
    box.current.querySelectorAll("tr[data-index]").forEach((row) => {
      const index = Number(row.dataset.index);
      const height = row.getBoundingClientRect().height;
      if (Math.abs((heights[index] ?? GUESS) - height) > 0.5) { heights[index] = height; changed = true; }
    });
    if (changed) setMeasured((n) => n + 1);
  });
  useEffect(() => {
    if (last < count) asked.current = -1;
    else if (count && asked.current < count) {
      asked.current = count;
      onEndReached?.(count);
    }
  });
  const told = (row, key, i, says) => (i === 0 && row.ref
    ? h("button", { type: "button", className: "opens", onClick: () => onOpen?.(row.ref) }, row[key]) : says ? t(row[key]) : row[key]);
  const cells = (row) => columns.map(({ key, look, says }, i) => h("td", { key, className: look ? row[look] : "" }, told(row, key, i, says)));
  const space = (key, height) => height > 0 && h("tr", { key, "aria-hidden": true }, h("td", { colSpan: columns.length, style: { height, padding: 0, border: 0 } }));
  const body = [];
  for (let i = first; i < last; i += 1) if (rows[i]) body.push(h("tr", { key: i, "data-index": i, "aria-rowindex": i + 2 }, cells(rows[i])));
  return h("div", { ref: box, className: "virtual", tabIndex: 0, role: "region", "aria-label": label },
    h("table", { "aria-rowcount": count + 1 },
      h("thead", null, h("tr", null, columns.map(({ key, head }) => h("th", { key, scope: "col" }, head)))),
      h("tbody", null, space("above", tops[first]), body, space("below", tops[count] - tops[last]))));
};

// Narrows the rows marked data-text inside the element `within` while one types; nothing is asked of the server.
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
export const RowFilter = ({ within, label, none, of }) => {
  const [text, setText] = useState("");
  const [left, setLeft] = useState(-1);
  useEffect(() => {
    const words = fold(text).split(/\s+/).filter(Boolean);
    let shown = 0;
    const found = document.querySelectorAll(`${within} [data-text]`);
    found.forEach((row) => {
      const told = fold(row.dataset.text);
      row.hidden = !words.every((word) => told.includes(word));
      shown += row.hidden ? 0 : 1;
    });
    const number = words.length ? shown : -1;
    if (number !== left) setLeft(number);
  });
  useEffect(() => setText(""), [of]);
  return h("div", { className: "no-print flex items-center gap-2" },
    h("input", { type: "search", className: "field w-56", "aria-label": label, placeholder: label, value: text, maxLength: 100,
      autoComplete: "off", spellCheck: false, onChange: (event) => setText(event.target.value) }),
    h("span", { role: "status", className: "label" }, left < 0 ? "" : left ? String(left) : none));
};
