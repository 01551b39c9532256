// Texts in the reader's language. English is the key itself; another language is a pack that is loaded when it is wanted.
// The choice is a cookie, so that the sign-in pages, which run no script, speak the same language.
import { useSyncExternalStore } from "react";

const PACKS = { es: () => import("./locales/es.js") };
const NUMBER = /\d+(?:[.,]\d+)*/g;
const YEAR_S = 31536000;
const subscribers = new Set();
let language = "en";
let pack = {};

const tell = () => {
  document.documentElement.lang = language;
  document.documentElement.dir = new Intl.Locale(language).getTextInfo?.().direction ?? "ltr";
  subscribers.forEach((changed) => changed());
};

const speak = async (wanted) => {
  const loaded = PACKS[wanted] ? (await PACKS[wanted]()).default : {};
  [language, pack] = [PACKS[wanted] ? wanted : "en", loaded];
  tell();
};

export const setLanguage = (wanted) => {
  document.cookie = `language=${wanted}; path=/; max-age=${YEAR_S}; samesite=lax`;
  return speak(wanted);
};

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// The server's words may hold numbers: "3 out of range" is looked up as "{n} out of range", several as {n}, {n2}, ...
const numbered = (text) => {
  const values = {};
  let count = 0;
  const key = text.replace(NUMBER, (found) => {
    count += 1;
    const name = count === 1 ? "n" : `n${count}`;
    values[name] = found;
    return `{${name}}`;
  });
  return count && pack[key] !== undefined ? fill(pack[key], values) : text;
};

export const translate = (text, values) => {
  if (typeof text !== "string" || text === "") return text ?? "";
  if (values) return fill(pack[text] ?? text, values);
  return pack[text] ?? numbered(text);
};

const subscribe = (changed) => {
  subscribers.add(changed);
  return () => subscribers.delete(changed);
};

// A new function per language, so that what is memoised by it is drawn again.
const speakers = new Map();
const speaker = () => {
  if (!speakers.has(pack)) speakers.set(pack, (text, values) => translate(text, values));
  return speakers.get(pack);
};
const english = (text, values) => (values ? fill(text, values) : text ?? "");

export const useTranslation = () => useSyncExternalStore(subscribe, speaker, () => english);
export const useLanguage = () => useSyncExternalStore(subscribe, () => language, () => "en");

if (typeof document !== "undefined") {
  const chosen = document.cookie.match(/(?:^|; )language=(\w+)/)?.[1];
  const wanted = chosen ?? navigator.language?.slice(0, 2);
  if (PACKS[wanted]) speak(wanted);
}
