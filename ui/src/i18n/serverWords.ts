// What the server says, in the language of the reader. Its English sentences are
// the keys, with `{name}` for each value; a sentence that is not known stays as it
// is. Pure: knows no React.

/** From the server's English to another language. */
export type Words = Readonly<Record<string, string>>;

type Sentence = { pattern: RegExp; names: readonly string[]; says: string; weight: number };

const PLACEHOLDER = /\{(\w+)\}/g;
/** A value with such a name is itself something that the server says. */
const IS_SAID = /^said/;

/** Gives each sentence of the server in the words of `words`. */
export function serverWords(words: Words): (sentence: string) => string {
  const sentences = Object.entries(words).map(compiled);
  // Where several fit, the one that leaves the least to its values.
  sentences.sort((a, b) => b.weight - a.weight);
  const say = (sentence: string): string => {
    for (const { pattern, names, says } of sentences) {
      const found = pattern.exec(sentence);
      if (found === null) continue;
      return says.replace(PLACEHOLDER, (whole, name: string) => {
        const value = found[names.indexOf(name) + 1] ?? whole;
        return IS_SAID.test(name) ? say(value) : value;
      });
    }
    return sentence;
  };
  return say;
}

function compiled([english, says]: [string, string]): Sentence {
  const names = [...english.matchAll(PLACEHOLDER)].map((it) => it[1] ?? "");
  const plain = english.split(/\{\w+\}/);
  const escaped = plain.map((it) => it.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const weight = plain.join("").length;
  return { pattern: new RegExp(`^${escaped.join("(.*?)")}$`, "s"), names, says, weight };
}
