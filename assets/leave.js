// Leaves the app by loading a plain page: what earlier screens received goes with the old page.
import { useEffect } from "react";
export const Leave = () => {
  useEffect(() => window.location.replace("/signed-out"), []);
  return null;
};
