// What the kit needs in the browser and the server should not hear about: hot keys, the palette's window, toasts,
// moving between rows by arrow keys, and the height of the fixed head. No data is kept here.
import { createElement as h, useEffect, useRef, useState } from "react";

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable=true]");

// combo: "mod+k" works everywhere, a single key ("/") only outside of text fields.
export const useHotkey = (combo, press) => {
  const latest = useRef(press);
  latest.current = press;
  useEffect(() => {
    const listen = (event) => {
      const mod = event.ctrlKey || event.metaKey;
      if ((mod ? "mod+" : "") + event.key.toLowerCase() !== combo || event.altKey || (!mod && typing(event.target))) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [combo]);
};

// Arrow keys walk through the links marked data-row inside `box`; the field above them keeps Home and End.
const walk = (event, box) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !box) return;
  const rows = [...box.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  event.preventDefault();
  const at = rows.indexOf(document.activeElement);
  if (at === 0 && step < 0) box.querySelector("input")?.focus();
  else rows[Math.min(Math.max(at + step, 0), rows.length - 1)].focus();
};

export const RowKeys = ({ children, ...rest }) => {
  const box = useRef(null);
  const onKeyDown = (event) => {
    if (event.key === "Enter" && event.target.matches?.("input")) box.current.querySelector("[data-row]")?.click();
    else walk(event, box.current);
  };
  return h("div", { ...rest, ref: box, onKeyDown }, children);
};

// A native dialog: the browser gives the focus trap, Escape, the inert page and the return of focus.
export const PaletteWindow = ({ children, label, onOpened, ...rest }) => {
  const box = useRef(null);
  const show = () => {
    if (box.current.open) return box.current.close();
    box.current.showModal();
    onOpened?.();
    box.current.querySelector("input")?.select();
  };
  useHotkey("mod+k", show);
  useEffect(() => {
    const clicked = (event) => event.target.closest?.("[data-palette]") && show();
    document.addEventListener("click", clicked);
    return () => document.removeEventListener("click", clicked);
  });
  const onClick = (event) => (event.target === box.current || event.target.closest("a")) && box.current.close();
  const onKeyDown = (event) => {
    if (event.key === "Enter" && event.target.matches("input")) box.current.querySelector('[data-row="patient"]')?.click();
    else walk(event, box.current);
  };
  return h("dialog", { ...rest, ref: box, className: "palette", "aria-label": label, onClick, onKeyDown }, children);
};

// A panel beside the page: takes the focus when it opens, gives it back when it closes; Escape closes it.
export const SidePanel = ({ children, label, onClose, ...rest }) => {
  const box = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current.focus({ preventScroll: true });
    return () => before?.isConnected && before.focus({ preventScroll: true });
  }, []);
  const onKeyDown = (event) => event.key === "Escape" && onClose?.();
  return h("aside", { ...rest, ref: box, tabIndex: -1, className: "panel", "aria-label": label, onKeyDown }, children);
};

// Toasts repeat what the page says elsewhere; they stay while the pointer or the focus is on them.
export const ToastHost = ({ items }) => {
  const [gone, setGone] = useState(0);
  useEffect(() => { if (!items?.length) setGone(0); }, [items]);
  const [held, setHeld] = useState(false);
  const live = (items ?? []).filter((toast) => toast.id > gone);
  const last = live.at(-1)?.id;
  useEffect(() => {
    if (!last || held) return undefined;
    const timer = setTimeout(() => setGone(last), 7000);
    return () => clearTimeout(timer);
  }, [last, held]);
  const card = (toast) =>
    h("div", { key: toast.id, className: `notice notice-${toast.level === "error" ? "critical" : "info"}` },
      h("span", { style: { flex: 1 } }, toast.text),
      h("button", { type: "button", className: "btn btn-quiet", "aria-label": "Dismiss", onClick: () => setGone(toast.id) }, "×"));
  const hold = (on) => () => setHeld(on);
  return h("div", { className: "toasts no-print", role: "status", onMouseEnter: hold(true), onMouseLeave: hold(false),
    onFocus: hold(true), onBlur: hold(false) }, live.map(card));
};

// The fixed head tells the page how tall it is, so that nothing hides under it and dialogs open below it.
export const Head = ({ children, ...rest }) => {
  const box = useRef(null);
  useEffect(() => {
    const measure = () => box.current && document.documentElement.style.setProperty("--head-bottom", `${box.current.offsetHeight + (parseFloat(getComputedStyle(box.current).top) || 0)}px`);
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    measure();
    return () => observer.disconnect();
  }, []);
  return h("header", { ...rest, ref: box }, children);
};

// Printed pages repeat who the patient is, who printed and when, in the margin of every sheet.
const cssText = (text) => `"${String(text).replace(/[\\"<>\n\r\f]/g, (c) => `\\${c.codePointAt(0).toString(16)} `)}"`;
export const PrintMargins = ({ top, bottom }) =>
  h("style", { media: "print" }, `@page { @top-left { content: ${cssText(top)}; font: 8pt sans-serif; } `
    + `@bottom-left { content: ${cssText(bottom)}; font: 8pt sans-serif; } }`);

export const Jump = ({ children, ...rest }) => h("a", rest, children);

// Names the zone of the shown times when the reader's own clock differs (D4).
export const ZoneNote = ({ zone, ...rest }) => {
  const [own, setOwn] = useState("");
  useEffect(() => setOwn(Intl.DateTimeFormat().resolvedOptions().timeZone), []);
  const differs = zone && own && own !== zone;
  return differs ? h("span", rest, `Times shown in ${zone.replaceAll("_", " ")}`) : null;
};
