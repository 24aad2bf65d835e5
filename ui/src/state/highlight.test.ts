import { expect, test } from "vitest";

import { highlight } from "./highlight";

const mark = (text: string, ...keywords: string[]) =>
  highlight(text, keywords)
    .map((it) => (it.isKeyword ? `[${it.text}]` : it.text))
    .join("");

test("marks words whatever their case, and no parts of words", () => {
  expect(mark("Profit up; profits, non-profit", "profit")).toBe(
    "[Profit] up; profits, non-[profit]",
  );
});

test("marks parts where words are not spaced, and takes the longest keyword", () => {
  expect(mark("释放长期资金约一万亿元", "资金", "长期资金")).toBe("释放[长期资金]约一万亿元");
});

test("takes keywords as they are written, not as patterns", () => {
  expect(mark("C++ (and c) cost $5.", "c++", "$5", "(", "")).toBe("[C++] [(]and c) cost [$5].");
});

test("works right to left and beside accents", () => {
  expect(mark("ارتفعت الأرباح اليوم", "الأرباح")).toBe("ارتفعت [الأرباح] اليوم");
  expect(mark("naïve na", "na")).toBe("naïve [na]");
});

test("without keywords the text is one piece", () => {
  expect(highlight("text", [])).toEqual([{ text: "text", isKeyword: false }]);
});
