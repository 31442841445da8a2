/** Levels of lists and objects within each other; what is deeper could not be written out again. */
export const greatestDepth = 500

/** Input of an operation is a little deeper than the body that stands in it. */
export const deepestInput = greatestDepth + 20

/** Whether valid JSON is deeper than that. Looks at the brackets only. */
export function isTooDeep(text: string): boolean {
  if (text.length < greatestDepth * 2) return false
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (inString) {
      if (character === 92) index++
      else if (character === 34) inString = false
    } else if (character === 34) inString = true
    else if (character === 91 || character === 123) {
      if (++depth > greatestDepth) return true
    } else if (character === 93 || character === 125) depth--
  }
  return false
}
