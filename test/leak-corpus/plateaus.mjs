// No leaks, but all that looks like one for a while: what fills up, what swings, what is compiled late.
const filled = (most) => () => {
  const cache = new Map();
  return (call) => {
    cache.set(`key ${call}`, { call, payload: new Array(10).fill(call) });
    if (cache.size > most) cache.delete(cache.keys().next().value);
  };
};
export const cacheThatFillsDuringTheRun = filled(1500);

export const ringThatFills = () => {
  const ring = new Array(1000);
  return (call) => {
    ring[call % ring.length] = { call, text: `entry ${call}` };
  };
};

export const sawtooth = () => {
  let batch = [];
  return (call) => {
    batch.push({ call, payload: new Array(20).fill(call) });
    if (batch.length === 170) batch = [];
  };
};

export const bursts = () => {
  let kept = [];
  return (call) => {
    if (call % 97 === 0) kept = Array.from({ length: (call * 31) % 400 }, (_, i) => ({ i, text: `part ${i}` }));
    return kept.length;
  };
};

export const compiledLate = () => {
  const functions = Array.from({ length: 400 }, (_, i) => new Function("x", `return x + ${i} + [x].length`));
  return (call) => functions[Math.min(call, functions.length - 1)](call);
};

export const growsThenStays = () => {
  const kept = [];
  return (call) => {
    if (call < 1200) kept.push({ call, payload: new Array(20).fill(call) });
  };
};
