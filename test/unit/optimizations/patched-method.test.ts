import { describe, expect, it } from "vitest";
import { PatchedMethod } from "../../../src/optimizations/patched-method.ts";

class Owner {
  greet(name: string): string {
    return `hello ${name}`;
  }
}

const shouting = (owner: object) =>
  new PatchedMethod(
    owner,
    "greet",
    (original, patch) =>
      function (this: never, ...args: never[]) {
        const text = Reflect.apply(original, this, args) as string;
        return patch.isActive ? text.toUpperCase() : text;
      },
  );

describe("PatchedMethod", () => {
  it("looks like the original, and leaves the very same property behind", () => {
    const before = Object.getOwnPropertyDescriptor(Owner.prototype, "greet")!;
    const patch = shouting(Owner.prototype);
    const { value, ...flags } = Object.getOwnPropertyDescriptor(Owner.prototype, "greet")!;
    expect(new Owner().greet("a")).toBe("HELLO A");
    expect([value.name, value.length, flags]).toEqual([
      "greet",
      1,
      { writable: true, enumerable: false, configurable: true },
    ]);
    expect(patch.undo()).toBe(true);
    expect(Object.getOwnPropertyDescriptor(Owner.prototype, "greet")).toEqual(before);
    expect(Owner.prototype.greet).toBe(before.value);
  });

  it("stays beneath another's patch and does nothing there", () => {
    const owner = { greet: (name: string) => `hello ${name}` };
    const patch = shouting(owner);
    const beneath = owner.greet;
    owner.greet = (name) => `${beneath(name)}!`;
    const theirs = owner.greet;
    expect(patch.undo()).toBe(false);
    expect(owner.greet).toBe(theirs);
    expect(owner.greet("a")).toBe("hello a!");
  });

  it("stays and does nothing where the owner was frozen since", () => {
    const owner = { greet: (name: string) => `hello ${name}` };
    const patch = shouting(owner);
    Object.freeze(owner);
    expect(patch.undo()).toBe(false);
    expect(owner.greet("a")).toBe("hello a");
  });

  it("refuses what is no method that could be replaced", () => {
    for (const owner of [{}, { greet: 1 }, Object.freeze({ greet() {} }), Object.create(Owner.prototype)])
      expect(() => shouting(owner as object)).toThrow(TypeError);
  });
});
