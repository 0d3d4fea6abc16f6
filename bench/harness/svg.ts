/** Text as SVG takes it. */
export const escaped = (text: string): string => text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`)

/** A coordinate with as many digits as a screen shows. */
export const round = (value: number): string => value.toFixed(1)

/** The whole drawing, readable on light and on dark ground, under a title and what its lengths are. */
export const drawing = (
  size: { readonly width: number; readonly height: number; readonly left: number },
  { title, unit }: { readonly title: string; readonly unit: string },
  parts: ReadonlyArray<string>,
): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" font-family="sans-serif" fill="#777">`,
    `<text x="${size.left}" y="24" font-size="15">${escaped(title)}</text>`,
    `<text x="${size.left}" y="42" font-size="11">${escaped(unit)}</text>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n")
