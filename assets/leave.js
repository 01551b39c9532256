// Leaves the app by loading a plain page: what earlier screens received goes with the old page.
import { useEffect } from "react";
const leave = () => window.location.replace("/signed-out");
export const Leave = () => {
  useEffect(leave, []);
  return null;
};
// Asks whether the session lives, every half minute and whenever the window comes back into view; it wraps the page.
export const SessionWatch = ({ children }) => {
  useEffect(() => {
    const ask = async () => {
      const answer = await fetch("/session", { cache: "no-store" }).catch(() => null);
      if (answer?.status === 401) leave();
    };
    const seen = () => document.visibilityState === "visible" && ask();
    const timer = setInterval(ask, 30000);
    document.addEventListener("visibilitychange", seen);
    window.addEventListener("pageshow", ask);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", seen);
      window.removeEventListener("pageshow", ask);
    };
  }, []);
  return children ?? null;
};
