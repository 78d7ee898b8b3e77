// Puts a drawing into the document: only what engraving needs, so that nothing a score file says can become script,
// style or a request.

import type { Box, Drawing, Part, Place } from "./drawing.ts";

export const SVG = "http://www.w3.org/2000/svg";

const ELEMENTS = new Set(["svg", "g", "path", "use", "polygon", "polyline", "ellipse", "circle", "rect", "line", "text", "tspan", "defs"]);
const ATTRIBUTES = new Set([
  "d", "transform", "points", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "width", "height",
  "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity",
  "viewBox", "font-size", "font-weight", "font-style", "font-family", "text-anchor", "overflow", "class", "id",
]);

export interface Head extends Place {
  element: SVGGElement;
}

export interface EngravedPage extends Omit<Drawing, "tree" | "heads"> {
  svg: SVGSVGElement;
  /** The group that all places are measured in. */
  layer: SVGGElement;
  heads: Head[];
  measures: Box[];
}

/** The attribute, if it may be set. */
export function attributeOf(name: string, value: string): string | undefined {
  return ATTRIBUTES.has(name) || (name === "href" && value.startsWith("#")) ? name : undefined;
}

/**
 * Builds a page. `name` is its own: a name within it that another page has as well would make the browser draw
 * that page anew.
 */
export function build({ tree, heads, ...places }: Drawing, label: string, name: string): EngravedPage {
  const elements: SVGGElement[] = [];
  let layer: SVGGElement | undefined;

  const element = ([kind, attributes, ...inside]: Part): SVGElement | undefined => {
    if (!ELEMENTS.has(kind)) {
      return undefined;
    }
    const made = document.createElementNS(SVG, kind) as SVGElement;
    for (const [attribute, value] of Object.entries(attributes)) {
      if (attribute === "head") {
        elements.push(made as SVGGElement);
      } else if (attributeOf(attribute, value)) {
        const own = attribute === "id" ? name + value : attribute === "href" ? `#${name}${value.slice(1)}` : value;
        made.setAttribute(attribute, own);
      }
    }
    if (attributes.class === "page-margin") {
      layer = made as SVGGElement;
    }
    for (const part of inside) {
      const found = typeof part === "string" ? part : element(part);
      if (found !== undefined) {
        made.append(found);
      }
    }
    return made;
  };

  const svg = element(tree);
  if (!(svg instanceof SVGSVGElement) || !layer || elements.length !== heads.length) {
    throw new Error("the engraving is not an SVG page");
  }
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return { ...places, svg, layer, heads: heads.map((head, at) => ({ ...head, element: elements[at] as SVGGElement })) };
}
