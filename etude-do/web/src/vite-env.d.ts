declare module "verovio/wasm" {
  export default function createModule(): Promise<unknown>;
}
declare module "verovio/esm" {
  export class VerovioToolkit {
    constructor(module: unknown);
    setOptions(options: { [option: string]: unknown }): void;
    loadData(data: string): boolean;
    redoLayout(): void;
    getPageCount(): number;
    renderToSVG(page: number): string;
    getLog(): string;
  }
}
