// The objects are held weakly, but the references to them, and their keys, never go; the control cleans up after them.
const register = (cleans) => () => {
  const known = new Map();
  const finished = new FinalizationRegistry((key) => known.delete(key));
  return function remember(call) {
    const session = { call };
    const key = `session ${call}`;
    known.set(key, new WeakRef(session));
    if (cleans) finished.register(session, key);
  };
};
export const leak = register(false);
export const control = register(true);
export const holder = /known Map/;
export const site = /remember \(.*weak-references/;
// A call leaks few bytes: after 600 they are hardly more than what comes and goes by itself.
export const options = { iterations: 2000 };
