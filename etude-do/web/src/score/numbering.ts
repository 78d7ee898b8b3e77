// Gives each <note> of a MusicXML text a number for an id, so that what is engraved can be found again whatever ids
// the file has.

export interface Numbered {
  text: string;
  /** By number of a <note>: its diatonic step as written (C4 is 28), or -1 for a rest. */
  steps: Int16Array;
}

const STEPS = "CDEFGAB";

/** Elements that are not needed for engraving and may point out of the file. */
const LEFT_OUT = ["credit", "link", "bookmark", "image"];

export function number(musicXml: string): Numbered {
  const document = new DOMParser().parseFromString(musicXml, "application/xml");
  if (document.querySelector("parsererror")) {
    throw new Error("the score's XML cannot be read");
  }
  for (const element of document.querySelectorAll(LEFT_OUT.join(","))) {
    element.remove();
  }
  const notes = document.querySelectorAll("measure > note, part > note");
  const steps = new Int16Array(notes.length).fill(-1);
  notes.forEach((note, index) => {
    note.setAttribute("id", headId(index));
    const step = note.querySelector("pitch > step")?.textContent?.trim() ?? "";
    const octave = Number(note.querySelector("pitch > octave")?.textContent ?? Number.NaN);
    if (step && STEPS.includes(step) && Number.isInteger(octave)) {
      steps[index] = octave * 7 + STEPS.indexOf(step);
    }
  });
  return { text: new XMLSerializer().serializeToString(document), steps };
}

export function headId(number: number): string {
  return `h${number}`;
}

/** The number in a head's id, or -1. */
export function headNumber(id: string): number {
  return /^h\d+$/.test(id) ? Number(id.slice(1)) : -1;
}
