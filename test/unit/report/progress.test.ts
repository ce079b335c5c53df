import { expect, test } from "vitest";
import { progressOutput } from "../../../src/report/progress.ts";

function recorded(isTTY: boolean, columns = 40) {
  const written: string[] = [];
  const output = progressOutput({ isTTY, columns, write: (text) => written.push(text) });
  return { written, output };
}

test("a terminal gets one line that changes in place and is gone in the end", () => {
  const { written, output } = recorded(true, 60);
  output.update({ text: "first", share: 0 });
  output.update({ text: "second", share: 0.5 });
  output.update({ text: "second", share: 0.501 });
  output.end();
  output.end();
  expect(written).toEqual([
    "\r\u001b[2K░░░░░░░░░░░░░░░░░░░░   0 %  first",
    "\r\u001b[2K██████████░░░░░░░░░░  50 %  second",
    "\r\u001b[2K",
  ]);
});

test("a line that stays is written above the line that changes", () => {
  const { written, output } = recorded(true, 60);
  output.update({ text: "now", share: 1 });
  output.line("done");
  expect(written.at(-1)).toBe("\r\u001b[2Kdone\n████████████████████ 100 %  now");
});

test("the changing line never wraps", () => {
  const { written, output } = recorded(true, 40);
  output.update({ text: "x".repeat(100), share: 0 });
  expect(written[0]?.replace("\r\u001b[2K", "").length).toBe(39);
});

test("anything but a terminal gets plain lines only", () => {
  const { written, output } = recorded(false);
  output.update({ text: "now", share: 0.5 });
  output.line("done");
  output.end();
  expect(written).toEqual(["done\n"]);
});
