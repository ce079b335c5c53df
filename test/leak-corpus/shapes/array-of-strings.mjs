// Every line is logged to a list that is flushed, but not emptied.
const log = (empties) => () => {
  const lines = [];
  return function write(call) {
    lines.push(`GET /items/${call} 200 ${call % 97} ms`);
    if (empties && lines.length === 100) lines.length = 0;
  };
};
export const leak = log(false);
export const control = log(true);
export const holder = /lines Array/;
export const site = /write \(.*array-of-strings/;
