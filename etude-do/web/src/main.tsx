import "./styles/base.css";
import "./styles/score.css";
import "./styles/panels.css";
import "uplot/dist/uPlot.min.css";
import { render } from "preact";
import { App } from "./view/App.tsx";

const root = document.getElementById("app");
if (root) {
  render(<App />, root);
}
if ("serviceWorker" in navigator && import.meta.env.PROD) {
  // Keeps the page's own files, so that the engraver and the engine are loaded once.
  addEventListener("load", () => void navigator.serviceWorker.register("/sw.js"));
}
