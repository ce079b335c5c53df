// The list is made anew each time, with one more; the control keeps its end.
const copy = (most) => () => {
  const state = { events: [] };
  return function reduce(call) {
    const events = [...state.events, { type: "added", call }];
    state.events = events.slice(-most);
  };
};
export const leak = copy(1e9);
export const control = copy(50);
export const holder = /state Object.*\.events/;
export const site = /reduce \(.*copied-list/;
// Some 30 bytes each time: it takes more of them.
export const options = { iterations: 2000 };
