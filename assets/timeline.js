// The timeline in the browser: keeps the windows it has received, asks for those that come into view, moves by keys, prints.
// It decides nothing about what is shown: rows and their words come from the server.
import { createElement as h, Fragment, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Virtuoso } from "react-virtuoso";
import { useTranslation } from "./i18n";
import { useStep } from "./kit";
import { KindMark } from "./kinds";

const WINDOW = 100;
const AHEAD = 40;
const PATIENCE_MS = 4000;
const AT_ONCE = 3;
const ROW = 58;

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// Marks the words that were looked for; each character is folded by itself, so that places fit the shown text.
const marked = (text, words) => {
  if (!words?.length || !text) return text;
  const letters = [...text];
  const folded = [];
  letters.forEach((letter, at) => [...fold(letter)].forEach((one) => folded.push([one, at])));
  const told = folded.map(([one]) => one).join("");
  const hit = new Array(letters.length).fill(false);
  for (const word of words) {
    for (let at = told.indexOf(word); at >= 0; at = told.indexOf(word, at + 1)) {
      for (let n = at; n < at + word.length; n += 1) hit[folded[n]?.[1]] = true;
    }
  }
  const pieces = [];
  letters.forEach((letter, at) => {
    const last = pieces.at(-1);
    if (last && last.hit === hit[at]) last.text += letter;
    else pieces.push({ hit: hit[at], text: letter });
  });
  return pieces.map((piece, at) => (piece.hit ? h("mark", { key: at }, piece.text) : piece.text));
};

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const number = (n) => n.toLocaleString("en-US");

// The rows of one list, by place; a new stamp is a new list.
const useRows = (shown, window, onRead) => {
  const store = useRef({ stamp: -1, place: "", rows: new Map(), asked: 0, before: new Map() }).current;
  if (store.stamp !== shown.stamp) {
    const again = store.place === shown.plain; // the same list, read again: its old rows stand in until the fresh ones are here
    const before = again ? store.rows : new Map();
    Object.assign(store, { stamp: shown.stamp, place: shown.plain, before, again, rows: new Map(), asked: 0, took: null });
  }
  if (window.stamp === shown.stamp && store.took !== window) {
    window.rows.forEach((row, n) => store.rows.set(window.first + n, row));
    Object.assign(store, { took: window, asked: 0 });
  }
  store.ask = (first, last) => {
    if (store.asked && performance.now() - store.asked < PATIENCE_MS) return;
    let from = Math.max(first, 0);
    const to = Math.min(last, shown.total - 1);
    while (from <= to && store.rows.has(from)) from += 1;
    if (from > to) return;
    let until = to;
    while (until > from && store.rows.has(until)) until -= 1;
    const [start, end] = [Math.floor(from / WINDOW), Math.floor(until / WINDOW)];
    store.asked = performance.now();
    onRead(shown.stamp, start * WINDOW, Math.min(end - start + 1, AT_ONCE));
  };
  return store;
};

const valueOf = (row, words, translate) => {
  const tone = { critical: "critical", abnormal: "abnormal" }[row.grade];
  const flag = row.words && h("span", { title: translate(row.words) },
    h("span", { className: `flag flag-${row.grade}`, "aria-hidden": "true" }, row.mark, row.code),
    h("span", { className: "sr" }, translate(row.words)));
  return h(Fragment, null, h("span", { className: `nums ${tone ? `value-${tone}` : ""}` }, marked(row.value, words)), " ", flag);
};

const struck = (row, said, content) => (row.wrong
  ? h(Fragment, null, h("span", { className: "wrong-word hair" }, said.wrong), " ", h("s", { className: "wrong" }, content))
  : content);

const sourceOf = (row, translate) => [row.author, row.source].filter(Boolean).join(" · ") + (row.came ? ` · ${translate(row.came)}` : "");

const Row = ({ index, row, day, shown, said, active, onOpen, onFocus }) => {
  const translate = useTranslation();
  const title = h("button", { type: "button", className: "opens font-medium", "data-place": index, tabIndex: active ? 0 : -1,
    onClick: () => onOpen(row.ref), onFocus, id: `event-${index}` }, marked(row.title, shown.words));
  return h(Fragment, null,
    day && h("p", { className: "day-head" }, h("span", { "aria-hidden": "true", className: "nums" }, row.day || said.no_date),
      h("span", { className: "sr" }, row.spoken)),
    h("div", { className: "event" },
      h("span", { className: "event-time nums" }, row.time),
      h("span", { className: "event-kind" }, h(KindMark, { kind: row.kind }), said.kinds[row.kind]),
      h("div", { className: "event-what" }, struck(row, said, title),
        row.status && h("span", { className: "chip ms-2" }, translate(row.status)),
        row.detail && h("p", { className: "label m-0 event-detail", title: row.detail }, marked(row.detail, shown.words)),
        row.excerpt && h("p", { className: "label m-0" }, marked(row.excerpt, shown.words))),
      h("div", { className: "event-value" }, row.value && struck({ wrong: false }, said, row.wrong
        ? h("s", { className: "wrong nums" }, row.value) : valueOf(row, shown.words, translate)),
        row.limits && h("p", { className: "label m-0 nums" }, row.limits)),
      h("p", { className: "label m-0 event-source" }, sourceOf(row, translate))));
};

const Bone = () => h("div", { className: "event", "aria-hidden": "true" }, h("span", { className: "bone h-4 w-2/5 m-2" }));

const Item = ({ item, context, ...rest }) => {
  const at = rest["data-index"];
  return h("div", { ...rest, role: "article", "aria-posinset": at + 1, "aria-setsize": context.total, "aria-labelledby": `event-${at}` });
};
const List = ({ context, ...rest }) => h("div", { ...rest, role: "feed", "aria-label": context.said.events, "aria-busy": context.busy });

export const TimelineList = ({ shown, window: arrived, words: said, onRead, onOpen }) => {
  const navigate = useNavigate();
  const list = useRef(null);
  const box = useRef(null);
  const store = useRows(shown, arrived, onRead);
  const [range, setRange] = useState({ startIndex: shown.start, endIndex: shown.start + 12 });
  const [active, setActive] = useState(shown.start);
  const walk = useRef({ at: shown.start, begun: false }).current;
  const rowAt = (index) => store.rows.get(index) ?? store.before.get(index);
  const top = rowAt(range.startIndex);

  // A jump to a year, a new filter: stand at the place that the address names. A re-read list: keep the event on top.
  const place = shown.plain;
  const stood = useRef(shown.stamp);
  useEffect(() => {
    if (stood.current !== shown.stamp) {
      stood.current = shown.stamp;
      walk.anchor = store.again ? store.before.get(range.startIndex)?.ref : undefined;
      if (!store.again) {
        Object.assign(walk, { at: shown.start, begun: false });
        setActive(shown.start);
        list.current?.scrollToIndex({ index: shown.start, align: "start" });
      }
    }
    if (!walk.anchor) return;
    const moved = [...store.rows].find(([, row]) => row.ref === walk.anchor)?.[0];
    if (moved !== undefined && moved !== range.startIndex) list.current?.scrollToIndex({ index: moved, align: "start" });
    if (moved !== undefined || store.rows.has(range.startIndex)) walk.anchor = undefined;
  });
  useEffect(() => store.ask(range.startIndex - AHEAD, range.endIndex + AHEAD));
  useEffect(() => {
    const timer = setInterval(() => store.asked && store.ask(range.startIndex, range.endIndex), PATIENCE_MS);
    return () => clearInterval(timer);
  });
  const settle = () => {
    const found = store.goal !== undefined && box.current?.querySelector(`[data-place="${store.goal}"]`);
    if (found) { store.goal = undefined; found.focus({ preventScroll: true }); }
  };
  useEffect(settle);

  // Keys come faster than frames: the place is kept here, the focus follows when its row is drawn.
  const go = (to) => {
    const at = Math.min(Math.max(to, 0), shown.total - 1);
    Object.assign(walk, { at, begun: true });
    store.goal = at;
    setActive(at);
    list.current?.scrollIntoView({ index: at, behavior: "auto", done: settle });
    settle();
  };
  const onFocus = (index) => { Object.assign(walk, { at: index, begun: true }); setActive(index); };
  useStep((step) => go(walk.begun ? walk.at + step : walk.at));
  useEffect(() => {
    const pressed = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "p") return;
      event.preventDefault();
      navigate(shown.printed);
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [shown.printed]);
  const onKeyDown = (event) => {
    const { at } = walk;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.total - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  const draw = (index) => {
    const row = rowAt(index);
    if (!row) return h(Bone);
    const before = rowAt(index - 1);
    return h(Row, { index, row, shown, said, active: index === active, onOpen, onFocus: () => onFocus(index), day: index === 0 || !before || before.day !== row.day });
  };
  const head = h("p", { className: "timeline-head nums", "aria-hidden": "true" },
    h("strong", null, top ? top.year || said.no_date : "…"), top?.day && h("span", { className: "label ms-2" }, top.day));
  return h("section", { ref: box, className: "card timeline", onKeyDown, "aria-label": said.events }, head,
    h(Virtuoso, { key: place.replace(/[?&]year=[^&]*/, ""), ref: list, className: "timeline-scroll", totalCount: shown.total, itemContent: draw, rangeChanged: setRange,
      defaultItemHeight: ROW, initialTopMostItemIndex: shown.start, increaseViewportBy: { top: 0, bottom: 300 },
      context: { total: shown.total, said, busy: !top }, components: { Item, List } }));
};

export const TimelineSheet = ({ shown, window: arrived, words: said, onRead }) => {
  const translate = useTranslation();
  const store = useRows(shown, arrived, onRead);
  const most = Math.min(shown.total, shown.limit);
  const ready = store.rows.size >= most || shown.total === 0;
  const printed = useRef(-1);
  useEffect(() => {
    if (!ready) return store.ask(0, most - 1);
    if (printed.current === shown.stamp) return;
    printed.current = shown.stamp;
    requestAnimationFrame(() => requestAnimationFrame(() => window.print()));
  });
  if (!ready) return h("p", { role: "status", className: "label" }, filled(said.preparing, { n: number(store.rows.size), m: number(most) }));
  const rows = Array.from({ length: most }, (_, at) => store.rows.get(at)).filter(Boolean);
  const words = shown.total > most ? filled(said.cut, { n: number(most), m: number(shown.total) }) : filled(said.whole, { n: number(shown.total) });
  const line = (row, at) => h("tr", { key: at },
    h("td", { className: "nums whitespace-nowrap" }, row.day ? `${row.day} ${row.time}` : said.no_date),
    h("td", null, said.kinds[row.kind]),
    h("td", null, struck(row, said, row.title), row.status && ` (${translate(row.status)})`, (row.detail || row.excerpt) && h("div", { className: "label" }, row.detail, " ", row.excerpt)),
    h("td", { className: "nums" }, row.wrong ? h("s", null, row.value) : valueOf(row, undefined, translate), row.limits && h("div", { className: "label" }, row.limits)),
    h("td", { className: "label" }, sourceOf(row, translate)));
  return h("section", { className: "card timeline-sheet", "aria-label": said.events },
    h("p", { className: "px-4 py-2 m-0", role: "status" }, words, " ", h("button", { type: "button", className: "btn no-print ms-2", onClick: () => window.print() }, said.print)),
    h("table", { className: "table" }, h("thead", null, h("tr", null, said.heads.map((text) => h("th", { key: text, scope: "col" }, text)))), h("tbody", null, rows.map(line))));
};

export const TimelineFind = ({ shown, words: said }) => {
  const navigate = useNavigate();
  const field = useRef(null);
  useEffect(() => { if (field.current) field.current.value = shown.find; }, [shown.find]);
  const onSubmit = (event) => {
    event.preventDefault();
    const text = field.current.value.trim();
    navigate(text ? `${shown.base}${shown.base.includes("?") ? "&" : "?"}find=${encodeURIComponent(text)}` : shown.base);
  };
  const cleared = (event) => event.target.value === "" && shown.find && navigate(shown.base);
  return h("form", { role: "search", onSubmit },
    h("input", { ref: field, type: "search", id: "timeline-find", className: "field", "aria-label": said.find, placeholder: said.find,
      defaultValue: shown.find, maxLength: 100, autoComplete: "off", spellCheck: false, onInput: cleared }));
};
