import { defineConfig, type Plugin } from "vite";

/**
 * Verovio's package has its wasm in a string of the script. As a file of its own it is a sixth smaller, and compiled while
 * it comes in.
 */
function verovioApart(): Plugin {
  const whole = /function findWasmBinary\(\)\{return binaryDecode\(('(?:[^'\\]|\\.)*')\)\}/s;
  const start = "async function instantiateAsync(binary,binaryFile,imports){return instantiateArrayBuffer(binaryFile,imports)}";
  return {
    name: "verovio-apart",
    transform(code, id) {
      if (!id.endsWith("/verovio-module.mjs")) {
        return undefined;
      }
      const literal = whole.exec(code)?.[1];
      if (literal === undefined || !code.includes(start)) {
        this.error("Verovio's module is another than this plugin knows");
      }
      const text: string = new Function(`return ${literal}`)();
      // As its own `binaryDecode` has it: zero is written as what is no byte.
      const source = Uint8Array.from(text, (character) => (character.charCodeAt(0) > 255 ? 0 : character.charCodeAt(0)));
      const file = this.emitFile({ type: "asset", name: "verovio.wasm", source });
      return code
        .replace(whole, () => `function findWasmBinary(){return import.meta.ROLLUP_FILE_URL_${file}}`)
        .replace(start, () => "async function instantiateAsync(binary,binaryFile,imports){return WebAssembly.instantiateStreaming(fetch(binaryFile),imports)}");
    },
  };
}

// JSX by Preact; everything else is Vite's own way.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // Nothing is inlined: the content security policy allows no data: scripts, and the wasm is cached by itself.
    assetsInlineLimit: 0,
  },
  worker: { format: "es", plugins: () => [verovioApart()] },
});
