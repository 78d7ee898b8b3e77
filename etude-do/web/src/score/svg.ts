// Takes an engraved page into the document: only what engraving needs, built anew, so that nothing a score file says
// can become script, style or a request.

import { headNumber } from "./numbering.ts";

export const SVG = "http://www.w3.org/2000/svg";

const ELEMENTS = new Set(["svg", "g", "path", "use", "polygon", "polyline", "ellipse", "circle", "rect", "line", "text", "tspan", "defs"]);
const ATTRIBUTES = new Set([
  "d", "transform", "points", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "width", "height",
  "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity",
  "viewBox", "font-size", "font-weight", "font-style", "font-family", "text-anchor", "overflow", "class",
]);

/** Where a note head stands on its page. */
export interface Head {
  number: number;
  element: SVGGElement;
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

export interface EngravedPage {
  svg: SVGSVGElement;
  /** The group that all places are measured in. */
  layer: SVGGElement;
  /** Size of the page and place of the layer, in the units of the engraving. */
  width: number;
  height: number;
  shiftX: number;
  shiftY: number;
  /** Distance of two staff lines. */
  space: number;
  heads: Head[];
  measures: Box[];
}

export function adopt(text: string, label: string): EngravedPage {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const heads: Head[] = [];
  const measures: Box[] = [];
  let systems = -1;
  let space = 180;
  let shift: [number, number] = [0, 0];
  let layer: SVGGElement | undefined;
  let box: [number, number] = [0, 0];

  const clone = (from: Element, head: number): SVGElement | undefined => {
    const name = from.localName;
    if (from.namespaceURI !== SVG || !ELEMENTS.has(name)) {
      return undefined;
    }
    const to = document.createElementNS(SVG, name) as SVGElement;
    for (const { name: attribute, value } of Array.from(from.attributes)) {
      if (ATTRIBUTES.has(attribute)) {
        to.setAttribute(attribute, value);
      } else if ((attribute === "xlink:href" || attribute === "href") && value.startsWith("#")) {
        to.setAttribute("href", value);
      } else if (attribute === "id" && from.parentElement?.localName === "defs") {
        to.setAttribute("id", value);
      }
    }
    const kind = from.getAttribute("class") ?? "";
    if (kind === "definition-scale") {
      const [, , width, height] = (from.getAttribute("viewBox") ?? "").split(/\s+/).map(Number);
      box = [width ?? 0, height ?? 0];
    } else if (kind === "page-margin") {
      layer = to as SVGGElement;
      shift = pair(from.getAttribute("transform"));
    } else if (kind === "system") {
      systems += 1;
    } else if (kind === "measure") {
      measures.push({ left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity, system: systems });
    } else if (kind.startsWith("note") && kind !== "notehead") {
      head = headNumber(from.id);
    } else if (kind === "notehead" && head >= 0) {
      const use = from.firstElementChild;
      const [x, y] = pair(use?.getAttribute("transform") ?? null);
      heads.push({ number: head, element: to as SVGGElement, x, y, measure: measures.length - 1 });
    }
    if (kind === "staff") {
      space = measureStaff(from, measures.at(-1)) ?? space;
    }
    for (const child of Array.from(from.childNodes)) {
      if (child instanceof Element) {
        const adopted = clone(child, head);
        if (adopted) {
          to.append(adopted);
        }
      } else if (child.nodeType === Node.TEXT_NODE && (name === "text" || name === "tspan")) {
        to.append(child.textContent ?? "");
      }
    }
    return to;
  };

  const svg = clone(parsed, -1);
  if (!(svg instanceof SVGSVGElement) || !layer) {
    throw new Error("the engraving is not an SVG page");
  }
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return {
    svg,
    layer,
    width: box[0],
    height: box[1],
    shiftX: shift[0],
    shiftY: shift[1],
    space,
    heads,
    measures,
  };
}

/** Widens the measure by a staff of it; the distance of its lines. */
function measureStaff(staff: Element, measure: Box | undefined): number | undefined {
  const lines: number[] = [];
  for (const path of Array.from(staff.children)) {
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
