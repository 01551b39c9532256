// What the kit needs in the browser and the server should not hear about: hot keys, the palette's window, toasts,
// moving between rows by arrow keys, and the height of the fixed head. No data is kept here.
import { createElement as h, useEffect, useRef, useState } from "react";
import { useTranslation } from "./i18n";

const OFF = "single-keys-off";
const typing = (target) => target.closest?.("input, textarea, select, [contenteditable=true]");

// The key as the table of keys names it: a Latin letter or sign also where the keyboard has another script.
const LATIN = { Slash: ["/", "?"], BracketLeft: ["[", "{"], BracketRight: ["]", "}"] };
const named = (event) => {
  if (event.key.length !== 1 || event.key.charCodeAt(0) < 128) return event.key;
  const letter = event.code?.match(/^Key([A-Z])$/)?.[1].toLowerCase();
  return letter ?? LATIN[event.code]?.[Number(event.shiftKey)] ?? event.key;
};

// A key of one screen, heard before the keys of every screen: "mod+p", or a single key outside of text fields and dialogs.
export const useHotkey = (combo, press) => {
  const latest = useRef(press);
  latest.current = press;
  useEffect(() => {
    const listen = (event) => {
      const mod = event.ctrlKey || event.metaKey;
      if ((mod ? "mod+" : "") + named(event) !== combo || event.altKey || document.querySelector("dialog[open]")) return;
      if (!mod && (typing(event.target) || localStorage.getItem(OFF) === "yes")) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", listen, true);
    return () => window.removeEventListener("keydown", listen, true);
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
// Inside: a combobox. The field keeps the focus; the active option is named by aria-activedescendant.
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();
export const PaletteWindow = ({ children, label, onOpened, ...rest }) => {
  const box = useRef(null);
  const told = useRef(null);
  const waiting = useRef(false); // Enter was pressed before the rows of this very question came
  const moved = useRef(false); // until an arrow key is used, the first option is the active one
  const translate = useTranslation();
  const field = () => box.current.querySelector("input");
  const options = () => [...box.current.querySelectorAll("[role=option]:not([hidden])")];
  const activate = (option) => {
    for (const one of box.current.querySelectorAll("[role=option]")) {
      if (one.getAttribute("aria-selected") !== String(one === option)) one.setAttribute("aria-selected", String(one === option));
    }
    if (option) field().setAttribute("aria-activedescendant", option.id);
    else field().removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const answered = () => box.current.querySelector("[data-asked]")?.dataset.asked === field().value;
  const refresh = () => {
    if (!box.current?.open) return;
    const asked = folded(field().value);
    for (const one of box.current.querySelectorAll("[data-words]")) {
      const hide = Boolean(asked) && !folded(one.dataset.words).includes(asked);
      if (one.hidden !== hide) one.hidden = hide;
    }
    for (const group of box.current.querySelectorAll("[role=group]")) {
      const hide = !group.querySelector("[role=option]:not([hidden])");
      if (group.hidden !== hide) group.hidden = hide;
    }
    const shown = options();
    shown.forEach((one, at) => { if (one.id !== `option-${at}`) one.id = `option-${at}`; });
    activate(shown.find((one) => one.ariaSelected === "true" && moved.current) ?? shown[0]);
    if (!answered()) return;
    const said = translate("{n} found", { n: shown.length });
    if (told.current.textContent !== said) told.current.textContent = said;
    if (waiting.current) { waiting.current = false; shown[0]?.click(); }
  };
  const show = () => {
    if (box.current.open) return box.current.close();
    field().value = "";
    waiting.current = moved.current = false;
    box.current.showModal();
    onOpened?.();
    activate(null);
    refresh();
    field().focus();
  };
  const latest = useRef(null);
  latest.current = { show, refresh };
  useEffect(() => {
    const clicked = (event) => event.target.closest?.("[data-palette]") && latest.current.show();
    const pressed = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || named(event).toLowerCase() !== "k") return;
      event.preventDefault();
      latest.current.show();
    };
    const watcher = new MutationObserver(() => latest.current.refresh());
    watcher.observe(box.current, { childList: true, subtree: true, characterData: true, attributeFilter: ["data-asked"] });
    document.addEventListener("click", clicked);
    window.addEventListener("keydown", pressed);
    return () => {
      watcher.disconnect();
      document.removeEventListener("click", clicked);
      window.removeEventListener("keydown", pressed);
    };
  }, []);
  const onClick = (event) => (event.target === box.current || event.target.closest("[role=option]")) && box.current.close();
  const onInput = () => { waiting.current = moved.current = false; activate(null); refresh(); };
  const onKeyDown = (event) => {
    const shown = options();
    const at = shown.findIndex((one) => one.ariaSelected === "true");
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (event.key === "Escape") {
      event.preventDefault(); // a search field would only be emptied
      box.current.close();
    } else if (to !== undefined && shown.length) {
      event.preventDefault();
      moved.current = true;
      activate(shown[Math.min(Math.max(to, 0), shown.length - 1)]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (answered()) shown[at]?.click();
      else waiting.current = true;
    }
  };
  return h("dialog", { ...rest, ref: box, className: "palette", "aria-label": label, onClick, onInput, onKeyDown }, children,
    h("p", { ref: told, className: "sr", role: "status" }));
};

// Single keys: `g` and a domain's key, `[` and `]`, `/`, `j` and `k`, `?`. They can be switched off (WCAG 2.1.4), never
// work while somebody types, and leave alone whatever is pressed with Ctrl, Alt or Meta.
const seen = (one) => one.checkVisibility({ visibilityProperty: true });
const STEP = "step-row";
const stepRow = (step) => {
  if (!document.dispatchEvent(new CustomEvent(STEP, { detail: step, cancelable: true }))) return;
  const rows = [...document.querySelectorAll("main [data-row], main .opens, main [data-item]")].filter(seen);
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)]?.focus();
};
// A list that draws only what is seen takes the steps itself.
export const useStep = (take) => {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const stepped = (event) => {
      event.preventDefault();
      latest.current(event.detail);
    };
    document.addEventListener(STEP, stepped);
    return () => document.removeEventListener(STEP, stepped);
  }, []);
};
const stepDomain = (step) => {
  const all = [...document.querySelectorAll("[data-domain]")];
  const at = all.findIndex((one) => one.getAttribute("aria-current") === "page");
  if (at >= 0) all[(at + step + all.length) % all.length].click();
};
const ACTIONS = {
  search: () => (document.querySelector("main input[type=search]") ?? document.querySelector("[data-palette]"))?.[
    document.querySelector("main input[type=search]") ? "focus" : "click"](),
  next: () => stepRow(1),
  previous: () => stepRow(-1),
  "next-domain": () => stepDomain(1),
  "previous-domain": () => stepDomain(-1),
  patients: () => document.querySelector("[data-home]")?.click(),
  help: () => document.querySelector("[data-help]")?.click(),
  close: () => document.querySelector("aside.panel [data-close]")?.click(),
};
export const Keys = ({ children, keys, label, ...rest }) => {
  const box = useRef(null);
  const [off, setOff] = useState(false);
  const after = useRef("");
  const translate = useTranslation();
  useEffect(() => setOff(localStorage.getItem(OFF) === "yes"), []);
  useEffect(() => {
    const run = (event) => {
      if (event.metaKey || (event.ctrlKey || event.altKey) && !event.getModifierState("AltGraph")) return;
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if (event.key === "Escape") return ACTIONS.close();
      if (off || event.isComposing || typing(event.target)) return;
      const pressed = named(event);
      const sequence = after.current ? `${after.current} ${pressed}` : pressed;
      after.current = "";
      if (keys.some((one) => one.keys.startsWith(`${sequence} `)) || sequence === "g") {
        after.current = sequence;
        return;
      }
      const known = keys.find((one) => one.keys === sequence)?.action;
      const domain = sequence.startsWith("g ") && document.querySelector(`[data-domain="${CSS.escape(sequence.slice(2))}"]`);
      if (!known && !domain) return;
      event.preventDefault();
      if (known) ACTIONS[known]?.(); else domain.click();
    };
    const clicked = (event) => event.target.closest?.("[data-help]") && !box.current.open && box.current.showModal();
    window.addEventListener("keydown", run);
    document.addEventListener("click", clicked);
    return () => {
      window.removeEventListener("keydown", run);
      document.removeEventListener("click", clicked);
    };
  }, [off, keys]);
  const onClick = (event) => (event.target === box.current || event.target.closest("[data-close]")) && box.current.close();
  const change = (event) => {
    localStorage.setItem(OFF, event.target.checked ? "no" : "yes");
    setOff(!event.target.checked);
  };
  return h("dialog", { ...rest, ref: box, className: "palette help", "aria-label": label, onClick }, children,
    h("label", { className: "switch" }, h("input", { type: "checkbox", checked: !off, onChange: change }), translate("Single keys are on")));
};

// A button that opens the chart's navigation where there is no room to show it always; a link or Escape closes it.
export const ChartMenu = ({ children, label, current, ...rest }) => {
  const [open, setOpen] = useState(false);
  const button = useRef(null);
  const onClick = (event) => event.target.closest("a") && setOpen(false);
  const onKeyDown = (event) => {
    if (event.key !== "Escape" || !open) return;
    setOpen(false);
    button.current.focus();
  };
  return h("div", { ...rest, onKeyDown, "data-open": open },
    h("button", { ref: button, type: "button", className: "btn chart-menu-button no-print", "aria-expanded": open,
      "aria-controls": "chart-pages", onClick: () => setOpen(!open) }, h("span", { "aria-hidden": true }, "☰"),
      h("span", { className: "truncate" }, current || label)),
    h("div", { id: "chart-pages", className: "chart-pages", onClick }, children));
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
  const translate = useTranslation();
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
      h("span", { style: { flex: 1 } }, translate(toast.text)),
      h("button", { type: "button", className: "btn btn-quiet", "aria-label": translate("Dismiss"), onClick: () => setGone(toast.id) }, "×"));
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
  const translate = useTranslation();
  useEffect(() => setOwn(Intl.DateTimeFormat().resolvedOptions().timeZone), []);
  const differs = zone && own && own !== zone;
  return differs ? h("span", rest, translate("Times shown in {zone}", { zone: zone.replaceAll("_", " ") })) : null;
};
