// The icon of each kind of event; the word always stands beside it.
import { createElement as h } from "react";
import Stethoscope from "lucide-react/dist/esm/icons/stethoscope.mjs";
import Clipboard from "lucide-react/dist/esm/icons/clipboard-list.mjs";
import Pill from "lucide-react/dist/esm/icons/pill.mjs";
import Alert from "lucide-react/dist/esm/icons/triangle-alert.mjs";
import Flask from "lucide-react/dist/esm/icons/flask-conical.mjs";
import Heart from "lucide-react/dist/esm/icons/heart-pulse.mjs";
import Syringe from "lucide-react/dist/esm/icons/syringe.mjs";
import Scissors from "lucide-react/dist/esm/icons/scissors.mjs";
import Send from "lucide-react/dist/esm/icons/send.mjs";
import Document from "lucide-react/dist/esm/icons/file-text.mjs";
import Target from "lucide-react/dist/esm/icons/target.mjs";
import Users from "lucide-react/dist/esm/icons/users.mjs";
import Cpu from "lucide-react/dist/esm/icons/cpu.mjs";
import Card from "lucide-react/dist/esm/icons/id-card.mjs";
import Circle from "lucide-react/dist/esm/icons/circle-dot.mjs";

const ICONS = {
  visits: Stethoscope, problems: Clipboard, medications: Pill, allergies: Alert, results: Flask, vitals: Heart, immunizations: Syringe,
  procedures: Scissors, orders: Send, documents: Document, plans: Target, history: Users, devices: Cpu, coverage: Card,
};

export const KindMark = ({ kind, size = 15 }) =>
  h(ICONS[kind] ?? Circle, { size, "aria-hidden": "true", className: "kind-mark" });
