// No single list grows much: each of two hundred users has a history of its own.
const record = (most) => () => {
  const users = Array.from({ length: 200 }, (_, id) => ({ id, history: [] }));
  return function visit(call) {
    const { history } = users[call % users.length];
    history.push({ at: call, page: `/page/${call % 7}` });
    if (history.length > most) history.shift();
  };
};
export const leak = record(Number.POSITIVE_INFINITY);
export const control = record(5);
export const holder = /users Array/;
export const site = /visit \(.*grows-on-many-objects/;
// A call leaks few bytes: after 600 they are hardly more than what comes and goes by itself.
export const options = { iterations: 2000 };
