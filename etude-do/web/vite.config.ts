import { defineConfig } from "vite";

// JSX by Preact; everything else is Vite's own way.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // Nothing is inlined: the content security policy allows no data: scripts, and the wasm is cached by itself.
    assetsInlineLimit: 0,
    // Verovio carries its wasm in a script of seven megabytes.
    chunkSizeWarningLimit: 8000,
  },
  worker: { format: "es" },
});
