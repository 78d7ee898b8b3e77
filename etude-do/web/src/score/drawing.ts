// An engraved page as plain data, read from Verovio's SVG: what is drawn, and where heads and measures stand. It can be
// kept, and is in the document in a third of the time that reading the SVG takes.

import { headNumber } from "./numbering.ts";
import { attributeOf, SVG } from "./svg.ts";

/** An element: its name, its attributes, and what is in it. */
export type Part = [name: string, attributes: Record<string, string>, ...inside: (Part | string)[]];

export interface Drawing {
  tree: Part;
  /** Size of the page and place of the layer, in the units of the engraving. */
  width: number;
  height: number;
  shiftX: number;
  shiftY: number;
  /** Distance of two staff lines. */
  space: number;
  /** In the order of the tree, where their elements have the attribute `head`. */
  heads: Place[];
  measures: Box[];
}

/** Where a note head stands on its page. */
export interface Place {
  number: number;
  x: number;
  y: number;
  /** Index of its measure on the page. */
  measure: number;
}

/** A measure as engraved. */
export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** Index of its system on the page. */
  system: number;
}

/** Beyond every page; infinity cannot be kept as JSON. */
const FAR = 1e9;

export function read(text: string): Drawing {
  const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const heads: Place[] = [];
  const measures: Box[] = [];
  let systems = -1;
  let space = 180;
  let shift: [number, number] | undefined;
  let size: [number, number] = [0, 0];

  const part = (from: Element, head: number): Part | undefined => {
    if (from.namespaceURI !== SVG) {
      return undefined;
    }
    const to: Part = [from.localName, attributes(from)];
    const kind = from.getAttribute("class") ?? "";
    if (kind === "definition-scale") {
      const [, , width, height] = (from.getAttribute("viewBox") ?? "").split(/\s+/).map(Number);
      size = [width ?? 0, height ?? 0];
    } else if (kind === "page-margin") {
      shift = pair(from.getAttribute("transform"));
    } else if (kind === "system") {
      systems += 1;
    } else if (kind === "measure") {
      measures.push({ left: FAR, right: -FAR, top: FAR, bottom: -FAR, system: systems });
    } else if (kind === "staff") {
      space = measureStaff(from, measures.at(-1)) ?? space;
    } else if (kind === "notehead") {
      if (head >= 0) {
        const [x, y] = pair(from.firstElementChild?.getAttribute("transform") ?? null);
        to[1].head = String(heads.length);
        heads.push({ number: head, x, y, measure: measures.length - 1 });
      }
    } else if (kind.startsWith("note")) {
      head = headNumber(from.id);
    }
    for (const inside of from.childNodes) {
      if (inside instanceof Element) {
        const found = part(inside, head);
        if (found) {
          to.push(found);
        }
      } else if (inside.nodeType === Node.TEXT_NODE && (to[0] === "text" || to[0] === "tspan")) {
        to.push(inside.textContent ?? "");
      }
    }
    return to;
  };

  const tree = part(svg, -1);
  if (!tree || !shift) {
    throw new Error("the engraving is not an SVG page");
  }
  return { tree, width: size[0], height: size[1], shiftX: shift[0], shiftY: shift[1], space, heads, measures };
}

/** Those that are drawn by: the rest would only be kept for nothing. */
function attributes(from: Element): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const { name, value } of from.attributes) {
    const known = attributeOf(name.replace("xlink:", ""), value);
    if (known && (known !== "id" || from.parentElement?.localName === "defs")) {
      kept[known] = value;
    }
  }
  return kept;
}

/** Widens the measure by a staff of it; the distance of its lines. */
function measureStaff(staff: Element, measure: Box | undefined): number | undefined {
  const lines: number[] = [];
  for (const path of staff.children) {
    const [, x1, y1, x2, y2] = /^M(-?[\d.]+) (-?[\d.]+) L(-?[\d.]+) (-?[\d.]+)$/.exec(path.getAttribute("d") ?? "") ?? [];
    if (path.localName !== "path" || y1 === undefined || y1 !== y2) {
      break;
    }
    lines.push(Number(y1));
    if (measure) {
      measure.left = Math.min(measure.left, Number(x1));
      measure.right = Math.max(measure.right, Number(x2));
      measure.top = Math.min(measure.top, Number(y1));
      measure.bottom = Math.max(measure.bottom, Number(y1));
    }
  }
  const [first, second] = lines;
  return first !== undefined && second !== undefined ? second - first : undefined;
}

function pair(transform: string | null): [number, number] {
  const [, x, y] = /translate\((-?[\d.]+),\s*(-?[\d.]+)\)/.exec(transform ?? "") ?? [];
  return [Number(x ?? 0), Number(y ?? 0)];
}
