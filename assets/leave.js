// The end of a session on the screen: a warning before it, the way out by loading a plain page (what earlier screens received goes
// with the old page), and the way back to the same place. Only the address, which holds ids at most, and the scroll position are kept.
import { createElement as h, useEffect, useRef, useState } from "react";
import { useLocation } from "react-router";

const LEAVING = "/leaving";
const ASK_MS = 30000;
const WARNED_MS = 5000;
const SAID_AT_S = [60, 30, 10];
const KEY = "place";
let place = "";
let scrolled = 0;
let touched = false;

const leave = () => {
  if (place) sessionStorage.setItem(KEY, JSON.stringify({ place, scrolled }));
  window.location.replace(`/signed-out${place ? `?next=${encodeURIComponent(place)}` : ""}`);
};

export const Leave = () => {
  useEffect(leave, []);
  return null;
};

// Back where the reader was, as soon as the page is tall enough; the reader's own hand comes first.
const restore = () => {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  if (!kept?.scrolled || kept.place !== place) return undefined;
  const observer = new ResizeObserver(() => {
    if (document.documentElement.scrollHeight - window.innerHeight < kept.scrolled) return;
    window.scrollTo(0, kept.scrolled);
    stop();
  });
  const stop = () => {
    observer.disconnect();
    ["wheel", "keydown", "pointerdown"].forEach((kind) => window.removeEventListener(kind, stop));
  };
  ["wheel", "keydown", "pointerdown"].forEach((kind) => window.addEventListener(kind, stop, { passive: true }));
  observer.observe(document.body);
  return stop;
};

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

const Warning = ({ texts, endsAt, final, stay }) => {
  const box = useRef(null);
  const [left, setLeft] = useState(Math.max(0, (endsAt - Date.now()) / 1000));
  const [said, setSaid] = useState("");
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.isConnected && before.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    const timer = setInterval(() => {
      const now = Math.max(0, (endsAt - Date.now()) / 1000);
      setLeft(now);
      if (SAID_AT_S.includes(Math.ceil(now))) setSaid(texts.left.replace("{time}", clock(now)));
    }, 1000);
    return () => clearInterval(timer);
  }, [endsAt]);
  const cancelled = (event) => { event.preventDefault(); stay(); };
  return h("dialog", { ref: box, className: "timeout no-print", role: "alertdialog", "aria-labelledby": "timeout-title",
    "aria-describedby": "timeout-left", onCancel: cancelled },
    h("h2", { id: "timeout-title" }, texts.title),
    h("p", { id: "timeout-left", className: "nums" }, (final ? texts.final : texts.left).replace("{time}", clock(left))),
    h("p", { className: "label" }, texts.kept),
    h("p", { className: "sr", role: "status" }, said),
    final ? h("button", { type: "button", className: "btn btn-primary", onClick: () => leave() }, texts.again)
      : h("button", { type: "button", className: "btn btn-primary", autoFocus: true, onClick: stay }, texts.stay));
};

// Asks how long the session lives; what the reader does at this screen keeps it alive, what comes in by itself does not.
export const SessionWatch = ({ children, ...texts }) => {
  const { pathname, search, hash } = useLocation();
  const [warning, setWarning] = useState(null);
  const timer = useRef(0);
  const ask = async (method) => {
    clearTimeout(timer.current);
    const answer = await fetch("/session", { method, cache: "no-store" }).catch(() => null);
    if (answer?.status === 401) return leave();
    let next = ASK_MS;
    if (answer?.ok) {
      const { ends_in_s: left, warn_s: warn } = await answer.json();
      const due = left <= warn;
      setWarning(due ? (was) => ({ endsAt: Date.now() + left * 1000, final: method === "POST" || Boolean(was?.final) }) : null);
      next = due ? Math.min(WARNED_MS, left * 1000 + 200) : Math.min(ASK_MS, (left - warn) * 1000 + 200);
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(again, Math.max(next, 500));
  };
  const again = () => {
    const active = touched;
    touched = false;
    ask(active ? "POST" : "GET");
  };
  useEffect(() => {
    if (pathname !== LEAVING) place = pathname + search + hash;
  }, [pathname, search, hash]);
  useEffect(() => {
    place = window.location.pathname === LEAVING ? "" : window.location.pathname + window.location.search + window.location.hash;
    const stop = restore();
    const seen = () => document.visibilityState === "visible" && ask("GET");
    const shown = () => ask("GET");
    const moved = () => { if (window.location.pathname !== LEAVING) scrolled = window.scrollY; };
    const used = () => { touched = !document.querySelector("dialog.timeout"); };
    timer.current = setTimeout(again, 1000);
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("pageshow", shown);
    window.addEventListener("scroll", moved, { passive: true });
    const kinds = ["keydown", "pointerdown", "wheel", "touchstart"];
    kinds.forEach((kind) => window.addEventListener(kind, used, { passive: true, capture: true }));
    return () => {
      stop?.();
      clearTimeout(timer.current);
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("pageshow", shown);
      window.removeEventListener("scroll", moved);
      kinds.forEach((kind) => window.removeEventListener(kind, used, { capture: true }));
    };
  }, []);
  const box = warning && h(Warning, { key: "timeout", texts, ...warning, stay: () => ask("POST") });
  return [children, box];
};
