// Brings files to the server: chosen by a button or dropped, one after the other, each as the raw body of a request, with
// progress. Nothing is read or kept here; what the server says about a file is shown as it says it.
import { createElement as h, useRef, useState } from "react";
import { useTranslation } from "./i18n";

const size = (bytes) => {
  const step = bytes < 1e3 ? [1, "B"] : bytes < 1e6 ? [1e3, "kB"] : bytes < 1e9 ? [1e6, "MB"] : [1e9, "GB"];
  return `${(bytes / step[0]).toFixed(step[0] === 1 ? 0 : 1)} ${step[1]}`;
};

const post = (url, body, name, told, running) => new Promise((done) => {
  const request = new XMLHttpRequest();
  request.open("POST", url);
  if (name) {
    request.setRequestHeader("x-filename", encodeURIComponent(name.toWellFormed?.() ?? name));
    request.setRequestHeader("content-type", "application/octet-stream");
  }
  request.upload.onprogress = (event) => told(event.loaded);
  request.onload = () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { answer = {}; }
    done({ ok: request.status === 201, status: request.status, ...answer });
  };
  request.onerror = () => done({ ok: false, status: 0 });
  request.onabort = () => done({ ok: false, status: -1 });
  running.current = request;
  request.send(body);
});

export const FileDrop = ({ url, label, hint, onDone, ...rest }) => {
  const translate = useTranslation();
  const input = useRef(null);
  const running = useRef(null);
  const batch = useRef("");
  const [files, setFiles] = useState([]);
  const [at, setAt] = useState(-1);
  const [sent, setSent] = useState(0);
  const [trouble, setTrouble] = useState("");
  const [over, setOver] = useState(false);
  const busy = at >= 0 && at < files.length && !trouble;

  const bring = async (all, from) => {
    setTrouble("");
    const fail = (answer) => {
      const words = { 0: translate("The connection was lost."), [-1]: translate("Stopped."), 401: translate("Please sign in.") };
      setTrouble([words[answer.status] ?? (translate(answer.sentence ?? "") || translate("This could not be brought in.")), answer.detail].filter(Boolean).join(" "));
    };
    if (!batch.current) {
      setAt(0);
      const answer = await post(url, null, "", () => {}, running);
      if (!answer.ok) return fail(answer);
      batch.current = answer.batch;
    }
    for (let i = from; i < all.length; i += 1) {
      setAt(i);
      setSent(0);
      const answer = await post(`${url}/${batch.current}/files`, all[i], all[i].name, setSent, running);
      if (!answer.ok) return fail(answer);
    }
    setAt(all.length);
    const made = batch.current;
    batch.current = "";
    return onDone?.(made);
  };
  const take = (list) => {
    const chosen = [...list].filter((file) => file.size || file.type || file.name.includes("."));
    if (!chosen.length || busy) return;
    setFiles(chosen);
    bring(chosen, 0);
  };
  const onDrop = (event) => { event.preventDefault(); setOver(false); take(event.dataTransfer.files); };
  const onDragOver = (event) => { event.preventDefault(); setOver(true); };
  const state = (i) => (i < at ? translate("Brought in") : i > at ? translate("Waiting") : trouble ? translate("Not brought in") : `${Math.floor((100 * sent) / Math.max(1, files[i].size))} %`);
  const rows = files.map((file, i) => h("li", { key: i, className: "file-row" },
    h("bdi", { className: "break-all" }, file.name), h("span", { className: "label nums" }, size(file.size)),
    h("span", { className: "nums" }, state(i)),
    i === at && !trouble && h("progress", { className: "progress", max: Math.max(1, file.size), value: sent, "aria-label": file.name })));
  return h("div", { ...rest, className: `drop ${over ? "drop-over" : ""}`, onDrop, onDragOver, onDragLeave: () => setOver(false) },
    h("p", { className: "m-0" }, hint),
    h("input", { ref: input, type: "file", multiple: true, className: "sr", tabIndex: -1, "aria-hidden": true, "data-files": "",
      onChange: (event) => { take(event.target.files); event.target.value = ""; } }),
    h("div", { className: "flex flex-wrap gap-2 justify-center" },
      h("button", { type: "button", className: "btn btn-primary", disabled: busy, onClick: () => input.current.click() }, label),
      busy && h("button", { type: "button", className: "btn", onClick: () => running.current?.abort() }, translate("Stop")),
      trouble && h("button", { type: "button", className: "btn", onClick: () => bring(files, Math.max(0, at)) }, translate("Try again"))),
    files.length > 0 && h("ul", { className: "list-none m-0 p-0 w-full text-start" }, rows),
    h("p", { role: "status", className: "label m-0" }, busy ? translate("{n} of {n2} files", { n: at + 1, n2: files.length }) : at === files.length && at > 0 ? translate("All files are here.") : ""),
    trouble && h("p", { role: "alert", className: "m-0 text-(--critical)" }, trouble));
};
